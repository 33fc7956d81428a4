import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { item, NOON, record, situation } from '../../../test/builders/rollout.ts';
import { decide, type Action } from './decide.ts';
import { chooseStarts, type HoldRules } from './hold-start.ts';
import type { WorkloadRecord } from './run-record.ts';
import type { WorkloadState } from './workload-state.ts';

const open: HoldRules = { windows: [], maxSurgePods: 30 };
const closed: HoldRules = { ...open, windows: [{ kind: 'deny', schedule: '0 11 * * *', durationMs: 2 * 3_600_000, timeZone: 'UTC' }] };

function kinds(actions: readonly Action[]): readonly string[] {
  return actions.map((action) => ('id' in action ? `${action.kind} ${action.id.split('/')[2]}` : action.kind));
}

function surging(name: string, surge: number, state: WorkloadState = 'PLANNED'): WorkloadRecord {
  return record(name, { state, item: item(name, { surge }) });
}

function failed(name: string, overrides: Partial<WorkloadRecord> = {}): WorkloadRecord {
  return record(name, { state: 'ROLLED_BACK', reason: { id: 'container-crashed', params: {} }, ...overrides });
}

const other = (name: string, overrides: Partial<WorkloadRecord> = {}): WorkloadRecord => record(name, { item: item(name, { fingerprint: 'g' }), ...overrides });

describe('a closed change window', () => {
  it('lets nothing start, lets go of what is only claimed, and says until when', () => {
    const now = situation([[record('a'), record('b', { state: 'CLAIMED' })]], { holds: closed });

    const actions = decide(now);

    expect(kinds(actions)).toEqual(['holding', 'release b']);
    expect(actions[0]).toMatchObject({ waitingFor: { id: 'window-closed', params: { by: 'deny', until: '2026-03-02T13:00:00.000Z' } } });
  });

  it('does not hold up a way back', () => {
    const back = record('a', { state: 'RB_INTENT', reason: { id: 'requested', params: {} }, acknowledged: true });

    expect(kinds(decide(situation([[back, record('b')]], { holds: closed })))).toEqual(['holding', 'rollback a']);
  });
});

describe('the limit of surge pods', () => {
  it('counts what is rolling over the whole run, and starts what fits beside it', () => {
    const records = [surging('a', 6, 'ROLLING'), surging('b', 5), surging('c', 4), surging('d', 0), surging('e', 9, 'SOAKING')];
    const now = situation([records], { holds: { ...open, maxSurgePods: 10 } });

    expect(kinds(decide(now))).toEqual(['holding', 'prepare c', 'prepare d']);
  });

  it('lets a workload alone run that needs more than there is', () => {
    const alone = situation([[surging('a', 40), surging('b', 1)]], { holds: open });
    const busy = situation([[surging('a', 40), surging('b', 1, 'ROLLING')]], { holds: open });

    expect(kinds(decide(alone)).filter((kind) => kind.startsWith('prepare'))).toEqual(['prepare a']);
    expect(kinds(decide(busy)).filter((kind) => kind.startsWith('prepare'))).toEqual([]);
  });

  it('is never exceeded by more than one that runs alone, and never leaves everybody waiting', () => {
    const state = fc.constantFrom<WorkloadState>('PLANNED', 'READY', 'CLAIMED', 'ROLLING', 'SOAKING', 'SUCCEEDED');
    const each = fc.record({ surge: fc.integer({ min: 0, max: 8 }), state });

    fc.assert(
      fc.property(fc.array(each, { minLength: 1, maxLength: 8 }), (shapes) => {
        const records = new Map(shapes.map((shape, index) => [`shop/Deployment/w${index}`, surging(`w${index}`, shape.surge, shape.state)]));
        const { ids } = chooseStarts({ records, now: NOON, holds: { ...open, maxSurgePods: 5 } }, new Set(records.keys()));
        const flying = [...records.values()].filter((one) => ['READY', 'CLAIMED', 'ROLLING'].includes(one.state));
        const before = flying.reduce((sum, one) => sum + one.item.surge, 0);
        const started = [...records.values()].filter((one) => one.state === 'PLANNED' && ids.has(one.item.id));
        const added = started.reduce((sum, one) => sum + one.item.surge, 0);
        if (added > 0) expect(before + added <= 5 || (before === 0 && started.filter((one) => one.item.surge > 0).length === 1)).toBe(true);
        if (before === 0 && [...records.values()].some((one) => one.state === 'PLANNED')) expect(started.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('a failure in a stack', () => {
  const tolerant = (batches: readonly (readonly WorkloadRecord[])[]) => {
    const now = situation(batches, { holds: open });
    return { ...now, rules: { ...now.rules, maxFailures: 1 } };
  };

  it('freezes what waits of that stack, also what is claimed, and lets other stacks go on', () => {
    expect(kinds(decide(tolerant([[failed('a')], [record('b'), record('c', { state: 'CLAIMED' }), other('d')]])))).toEqual(['release c', 'prepare d']);
  });

  it('passes over a batch of that stack alone, and halts when nothing else is left', () => {
    expect(kinds(decide(tolerant([[failed('a')], [record('b')], [other('d')]])))).toEqual(['prepare d']);
    expect(decide(tolerant([[failed('a')], [record('b')]]))).toMatchObject([{ kind: 'halt', halt: { id: 'stack-frozen', params: { pending: 1 } } }]);
  });

  it('is over once a person has seen it', () => {
    expect(kinds(decide(tolerant([[failed('a', { acknowledged: true })], [record('b')]])))).toEqual(['prepare b']);
  });

  it('is told with the number of workloads that share the stack', () => {
    const [halt] = decide(situation([[failed('a')], [record('b'), record('c'), other('d')]]));

    expect(halt).toMatchObject({ kind: 'halt', halt: { id: 'workload-failed', params: { pending: 2 } } });
  });
});

describe('failures with something in common', () => {
  const evidence = (id: 'image' | 'crash') => ({ evidence: { pods: [], log: [], cause: { id, line: '' } } });

  it('are systemic from three in one batch on', () => {
    const three = situation([[failed('a'), failed('b'), failed('c')]]);
    const spread = situation([[failed('a')], [failed('b'), failed('c')]]);

    expect(decide(three)).toMatchObject([{ kind: 'halt', halt: { id: 'systemic', params: { failed: 3, batch: 1 } } }]);
    expect(decide(spread)).toMatchObject([{ kind: 'halt', halt: { id: 'workload-failed' } }]);
  });

  it('are systemic from two on where the cause lies outside the workloads', () => {
    expect(decide(situation([[failed('a', evidence('image'))], [failed('b', evidence('image'))]]))).toMatchObject([
      { kind: 'halt', halt: { id: 'systemic', params: { cause: 'image' } } },
    ]);
    expect(decide(situation([[failed('a', evidence('crash')), failed('b', evidence('crash'))]]))).toMatchObject([{ halt: { id: 'workload-failed' } }]);
  });

  it('make the halt of the first failure a systemic one, once', () => {
    const now = situation([[failed('a'), failed('b'), failed('c')]]);
    const halted = (id: string) => ({ ...now, run: { ...now.run, phase: 'HALTED' as const, halt: { at: '', id, workloads: [] } } });

    expect(kinds(decide(halted('workload-failed')))).toEqual(['halt']);
    expect(kinds(decide(halted('systemic')))).toEqual([]);
  });

  it('are put back a few at a time', () => {
    const back = ['a', 'b', 'c', 'd'].map((name) => failed(name, { state: 'RB_INTENT' }));

    expect(kinds(decide(situation([back])))).toEqual(['halt', 'rollback a', 'rollback b']);
  });
});
