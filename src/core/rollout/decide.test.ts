import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOON, deployment, item, observation, pod, record, situation } from '../../../test/builders/rollout.ts';
import { applyDecisions } from './apply-decisions.ts';
import { activeBatch, decide, isSettled, type Action, type Situation } from './decide.ts';
import type { Gate, RunRecord } from './run-record.ts';
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
    const now = situation([[failed], [record('b', { item: item('b', { fingerprint: 'another' }) })]]);

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

  describe('at the gate', () => {
    const done = record('a', { state: 'SUCCEEDED' });
    const rules = { ...situation([]).rules, gate: true };
    const hold = { batch: 2, since: new Date(NOON).toISOString() };
    const ok = { service: 'a', workloads: [done.item.id], verdict: 'ok', traces: 1, spans: 1, pods: { ready: 1, seen: 1 }, findings: [] } as const;
    const at = (gate: Gate | undefined, more: Partial<Situation> = {}): Situation => {
      const base = situation([[done], [record('b')]], { rules, ...more });
      return { ...base, run: { ...base.run, ...(gate ? { gate } : {}) } };
    };

    it('stores the hold before it judges, and starts nothing', () => {
      expect(decide(at(undefined))).toEqual([{ kind: 'gate', gate: { open: 1, holding: hold } }]);
    });

    it('lets the batch through once what was switched is seen, and never holds it again', () => {
      const seen = { gate: { at: NOON, report: { services: [ok] } } };

      expect(decide(at({ open: 1, holding: hold }, seen))).toEqual([{ kind: 'gate', gate: { open: 2 } }]);
      expect(kinds(decide(at({ open: 2 })))).toEqual(['prepare b']);
    });

    it('waits for the first answer without a word, and stores what it waits for only when that changes', () => {
      const waitingFor = { id: 'gate-holding', params: { batch: 2, services: [done.item.id], more: 0, because: [] } };
      const silent = { gate: { at: NOON, report: { services: [{ ...ok, verdict: 'silent' } as const] } } };

      expect(decide(at({ open: 1, holding: hold }))).toEqual([]);
      expect(decide(at({ open: 1, holding: hold }, silent))).toEqual([
        { kind: 'gate', gate: { open: 1, holding: { ...hold, waitingFor } } },
        { kind: 'holding', waitingFor },
      ]);
      expect(decide(at({ open: 1, holding: { ...hold, waitingFor } }, silent))).toEqual([{ kind: 'holding', waitingFor }]);
    });

    it('holds neither the first batch, nor what is in flight, nor a run that is stopping, nor one whose policy has no gate', () => {
      const flying = record('b', { state: 'CLAIMED' });

      expect(kinds(decide(situation([[record('a')], [record('b')]], { rules })))).toEqual(['prepare a']);
      expect(kinds(decide(situation([[done], [flying]], { rules, run: { ...at({ open: 2 }).run } })))).toEqual(['apply b']);
      expect(decide(at(undefined, { stopping: true }))).toEqual([]);
      expect(kinds(decide(at(undefined, { rules: { ...rules, gate: false } })))).toEqual(['prepare b']);
    });

    it('is opened by a continue while it holds or has halted the run, and judged anew after a pause, a retry or another halt', () => {
      const decided = (kind: 'continue' | 'retry', more: Partial<RunRecord>): Gate | undefined => {
        const decision = { seq: 1, kind, targets: [], by: 'ada', at: '' };
        return applyDecisions({ ...at({ open: 1, holding: hold }).run, ...more, decisions: [decision] }, new Map(), NOON).run.gate;
      };
      const halt = (id: string) => ({ phase: 'HALTED', halt: { at: '', id, workloads: [] } }) as const;

      expect([decided('continue', {}), decided('continue', halt('gate-broken')), decided('continue', halt('gate-inconclusive'))]).toEqual([
        { open: 2 },
        { open: 2 },
        { open: 2 },
      ]);
      expect([decided('continue', { phase: 'PAUSED' }), decided('continue', halt('workload-failed')), decided('retry', halt('gate-broken'))]).toEqual([
        { open: 1 },
        { open: 1 },
        { open: 1 },
      ]);
    });
  });

  it('takes the soak by the clock it is given', () => {
    const soaking = record('orders', {
      state: 'SOAKING',
      followed: 'rs',
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
