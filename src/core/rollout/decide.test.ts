import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOON, deployment, observation, pod, record, situation } from '../../../test/builders/rollout.ts';
import { activeBatch, decide, isSettled, type Action } from './decide.ts';
import type { WorkloadState } from './workload-state.ts';

function kinds(actions: readonly Action[]): readonly string[] {
  return actions.map((action) => ('id' in action ? `${action.kind} ${action.id.split('/')[2]}` : action.kind));
}

describe('decide', () => {
  it('starts the members of the first unfinished batch and nobody else', () => {
    const now = situation([[record('a', { state: 'SUCCEEDED' })], [record('b'), record('c')], [record('d')]]);

    expect(kinds(decide(now))).toEqual(['prepare b', 'prepare c']);
  });

  it('starts nothing when asked to stop, and lets go of what is only claimed', () => {
    const now = situation([[record('a', { state: 'CLAIMED' }), record('b'), record('c', { state: 'READY' })]], { stopping: true });

    expect(kinds(decide(now))).toEqual(['release a', 'record c']);
  });

  it('halts on the first failure, and puts rollbacks before everything else', () => {
    const now = situation([
      [record('a', { state: 'RB_INTENT', reason: { id: 'container-crashed', params: {} } }), record('b', { state: 'CLAIMED' }), record('c')],
    ]);

    expect(kinds(decide(now))).toEqual(['halt', 'rollback a', 'release b']);
  });

  it('goes on after a failure that a person has seen', () => {
    const now = situation([[record('a', { state: 'ROLLED_BACK', acknowledged: true, reason: { id: 'container-crashed', params: {} } })], [record('b')]]);

    expect(kinds(decide(now))).toEqual(['prepare b']);
  });

  it('tolerates as many failures as the policy says', () => {
    const failed = record('a', { state: 'ROLLED_BACK', reason: { id: 'container-crashed', params: {} } });
    const now = situation([[failed], [record('b')]]);

    expect(kinds(decide({ ...now, rules: { ...now.rules, maxFailures: 1 } }))).toEqual(['prepare b']);
  });

  it('fences what an earlier instance left in flight before judging it', () => {
    const old = record('a', { state: 'ROLLING', epoch: 0 });
    const now = situation([[old]], { observations: new Map([[old.item.id, observation(old, 0)]]) });

    expect(kinds(decide(now))).toEqual(['fence a']);
  });

  it('finds out about a lost answer before it does anything else', () => {
    expect(kinds(decide(situation([[record('a', { state: 'APPLY_INTENT' })]])))).toEqual(['recover a']);
  });

  it('does not fight somebody who changed the object meanwhile', () => {
    const rolling = record('a', { state: 'ROLLING' });
    const seen = observation(rolling, 0, { object: deployment(rolling, 'after', { image: 'registry.example.com/a:9' }) });
    const [action] = decide(situation([[rolling]], { observations: new Map([[rolling.item.id, seen]]) }));

    expect(action).toMatchObject({ kind: 'record', record: { state: 'EXT_CHANGED' } });
  });

  it('turns a doomed pod into a failure with its reason', () => {
    const rolling = record('a', { state: 'ROLLING' });
    const crashed = pod('x', { ready: false }, { name: 'a', restarts: 2, lastTerminated: { exitCode: 1, reason: 'Error', message: '' } });
    const now = situation([[rolling]], { observations: new Map([[rolling.item.id, observation(rolling, 1_000, { newPods: [crashed] })]]) });

    expect(decide(now)).toMatchObject([{ kind: 'fail', reason: { id: 'container-crashed', params: { exitCode: 1 } } }]);
  });

  it('stops with too many moved workloads, but not for a single one', () => {
    const stale = (name: string) => record(name, { state: 'SKIPPED', reason: { id: 'stale', params: {} } });

    expect(kinds(decide(situation([[stale('a'), record('b')]])))).toEqual(['prepare b']);
    expect(kinds(decide(situation([[stale('a'), stale('b')], [record('c')]])))).toEqual(['halt']);
  });

  it('finishes when nothing is left', () => {
    expect(kinds(decide(situation([[record('a', { state: 'SUCCEEDED' })]])))).toEqual(['finish']);
  });

  it('never has more than one batch under way, and never starts anything while halted, paused or stopping', () => {
    const state = fc.constantFrom<WorkloadState>('PLANNED', 'READY', 'CLAIMED', 'ROLLING', 'SUCCEEDED', 'SKIPPED', 'ROLLED_BACK', 'RB_INTENT', 'GONE');
    const batches = fc.array(fc.array(state, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });

    fc.assert(
      fc.property(batches, fc.constantFrom('RUNNING', 'HALTED', 'PAUSED', 'ABORTED'), fc.boolean(), (shape, phase, stopping) => {
        let count = 0;
        const records = shape.map((states) => states.map((each) => record(`w${(count += 1)}`, { state: each, reason: { id: 'x', params: {} } })));
        const base = situation(records, { stopping });
        const now = { ...base, run: { ...base.run, phase } };

        const starts = decide(now).filter((action) => action.kind === 'prepare' || action.kind === 'claim' || action.kind === 'apply');
        const halted = decide(now).some((action) => action.kind === 'halt');

        const members = activeBatch(now)?.members ?? new Set();
        expect(starts.every((action) => 'id' in action && members.has(action.id))).toBe(true);
        if (phase !== 'RUNNING' || stopping || halted) expect(starts).toEqual([]);
        if (isSettled(now)) expect(decide(now).filter((action) => 'id' in action && action.kind !== 'prepare')).toEqual([]);
      }),
    );
  });

  it('takes the soak by the clock it is given', () => {
    const soaking = record('orders', {
      state: 'SOAKING',
      proven: ['uid-a', 'uid-b'],
      flaps: {},
      readySince: Object.fromEntries(['a', 'b'].map((name) => [`uid-${name}`, { at: new Date(NOON).toISOString(), transition: new Date(NOON).toISOString() }])),
    });
    const proofs = { 'uid-a': { kind: 'target', line: '' }, 'uid-b': { kind: 'target', line: '' } } as const;
    const at = (ms: number) =>
      decide(
        situation([[soaking]], {
          now: NOON + ms,
          observations: new Map([[soaking.item.id, observation(soaking, ms, { newPods: [pod('a'), pod('b')], proofs })]]),
        }),
      );

    expect(at(299_999)).toMatchObject([{ kind: 'waiting', waitingFor: { id: 'soak' } }]);
    expect(at(300_000)).toMatchObject([{ kind: 'succeed' }]);
  });
});
