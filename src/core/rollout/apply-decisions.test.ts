import { describe, expect, it } from 'vitest';
import { record, situation } from '../../../test/builders/rollout.ts';
import { applyDecisions } from './apply-decisions.ts';
import type { Decision, Halt } from './run-record.ts';

const NOW = Date.parse('2026-03-02T13:00:00Z');
const failed = record('a', { state: 'ROLLED_BACK', reason: { id: 'container-crashed', params: {} } });
const halt: Halt = { at: '2026-03-02T12:30:00.000Z', id: 'workload-failed', workloads: [failed.item.id] };

function decide(decision: Partial<Decision>, over: { readonly halt?: Halt } = { halt }): ReturnType<typeof applyDecisions> {
  const { run, records } = situation([[failed]]);
  const full: Decision = { seq: 1, kind: 'continue', targets: [], by: 'ada', at: '2026-03-02T12:40:00.000Z', ...decision };
  return applyDecisions({ ...run, phase: over.halt ? 'HALTED' : 'RUNNING', ...over, decisions: [full] }, records, NOW);
}

describe('applyDecisions', () => {
  it('lets a run go on by a decision about the very halt it is in', () => {
    expect(decide({ halt: halt.at })).toMatchObject({ stale: [], run: { phase: 'RUNNING', decided: 1 }, changed: [{ acknowledged: true }] });
  });

  it.each<[string, Partial<Decision>]>([
    ['continue', { kind: 'continue', halt: '2026-03-02T12:00:00.000Z' }],
    ['retry', { kind: 'retry', halt: '2026-03-02T12:00:00.000Z', targets: [failed.item.id] }],
    ['continue', { kind: 'continue', halt: '' }],
    ['continue', { kind: 'continue', at: '2026-03-02T12:29:00.000Z' }],
  ])('does not carry out a %s about an older halt, and never takes it up again', (_kind, decision) => {
    const decided = decide(decision);

    expect(decided).toMatchObject({ stale: [{ seq: 1 }], changed: [], run: { phase: 'HALTED', halt, decided: 1 } });
  });

  it('holds back and puts back whatever was seen', () => {
    expect(decide({ kind: 'abort', halt: '' }).run.phase).toBe('ABORTED');
    expect(decide({ kind: 'exclude', halt: '', targets: [failed.item.id] }).changed).toMatchObject([{ acknowledged: true }]);
  });

  it('leaves everything as it is when a run is unlocked', () => {
    expect(decide({ kind: 'unlock' })).toMatchObject({ changed: [], stale: [], run: { phase: 'HALTED', decided: 1 } });
  });
});
