import { describe, expect, it } from 'vitest';
import type { RunStatus, WorkloadStatus } from '../../core/rollout/run-status.ts';
import { outcomeOf, type WorkloadState } from '../../core/rollout/workload-state.ts';
import { decisionEffect } from './decision-hints.ts';
import { painter } from './paint.ts';
import { formatRunEnd } from './run-end.ts';
import { formatStatus } from './status-view.ts';

const style = { paint: painter(false), width: 120, now: Date.parse('2026-11-03T10:41:00Z'), flags: '' };

function workload(name: string, state: WorkloadState, more: Partial<WorkloadStatus> = {}): WorkloadStatus {
  const outcome = outcomeOf(state);
  return {
    id: `shop/Deployment/${name}`,
    batch: 1,
    state,
    since: '2026-11-03T10:40:00Z',
    acknowledged: false,
    fingerprint: 'stack',
    ...(outcome ? { outcome } : {}),
    ...more,
  };
}

function status(workloads: readonly WorkloadStatus[], more: Partial<RunStatus> = {}): RunStatus {
  const counts: Record<string, number> = {};
  for (const each of workloads) counts[each.outcome ?? 'in-progress'] = (counts[each.outcome ?? 'in-progress'] ?? 0) + 1;
  return {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'RunStatus',
    run: 'r',
    planHash: 'h',
    phase: 'RUNNING',
    startedAt: '2026-11-03T10:00:00.000Z',
    batch: 1,
    batches: 3,
    workloads,
    skipped: [],
    counts,
    decisions: [],
    ...more,
  };
}

function halted(state: WorkloadState, id: string): RunStatus {
  return status([workload('bad', state), workload('good', 'SUCCEEDED'), workload('next', 'PLANNED')], {
    phase: 'HALTED',
    halt: { at: '', id, workloads: ['shop/Deployment/bad'] },
  });
}

describe('formatStatus', () => {
  it('names what is in flight and since when', () => {
    const lines = formatStatus(
      status([workload('cart', 'SOAKING'), workload('next', 'PLANNED')], { holder: { identity: 'desk-1', since: '', renewed: '' } }),
      style,
    );

    expect(lines).toEqual([
      'Run r  running · batch 1 of 3',
      'started 2026-11-03T10:00:00Z, going for 41 min, driven by desk-1',
      '1 in progress · 1 to go',
      '',
      'In flight',
      '  •  shop/cart  soaking  for 1 min',
    ]);
  });

  it('says what the gate holds the next batch for, and how to go on without it', () => {
    const waitingFor = { id: 'gate-holding', params: { batch: 2, services: ['shop/Deployment/orders'], more: 3, because: ['no-traffic', 'no-spans'] } };
    const held = { batch: 2, holding: { batch: 2, since: '2026-11-03T10:38:00Z' } };
    const run = (more: object): string =>
      formatStatus(status([workload('orders', 'SUCCEEDED'), workload('next', 'PLANNED')], { ...held, ...more }), style).join(' ');

    expect(run({ holding: { ...held.holding, waitingFor } })).toContain(
      'Holding batch 2: waiting for traces of shop/orders and 3 more (no traffic yet; called by others, but silent), for 3 min.',
    );
    expect(run({})).toContain('Holding batch 2: reading the traces of what was switched, for 3 min. `changeover continue` starts it without them.');
  });

  it('offers at the gate to let the batch through, or to put back what is not seen', () => {
    const params = { batch: 2, services: ['shop/Deployment/orders'], more: 0, findings: ['false-roots'], traces: ['f00d', 'cafe'] };
    const run = status([workload('orders', 'SUCCEEDED'), workload('next', 'PLANNED')], {
      phase: 'HALTED',
      halt: { at: '', id: 'gate-broken', workloads: ['shop/Deployment/orders'], params },
    });

    const lines = formatStatus(run, { ...style, width: 200 });

    expect(lines).toContain(
      'Halted: batch 2 is not started, as traces of shop/orders are broken (false-roots; for example f00d, cafe); `changeover verify` shows how. 1 workload waiting, none is started.',
    );
    expect(lines.slice(lines.indexOf('Your decision:') + 1)).toEqual([
      '  changeover rollback shop/Deployment/orders  put orders back to exactly what was there',
      '  changeover continue                         let the held batch start as it is and go on with the 1 waiting workload',
      '  changeover rollback --all                   put back every workload that was changed (1) to exactly what was there',
      '  changeover abort                            end the run: 1 stay migrated, 1 stay as they are',
    ]);
  });

  it('shows evidence of what is open, and only the reason of what a person has seen', () => {
    const reason = { id: 'deadline', params: { minutes: 10 } };
    const evidence = { pods: [{ pod: 'bad-1', node: 'n1', summary: 'not ready' }], log: ['boom \u001B[2J'] };
    const text = formatStatus(
      status([workload('seen', 'ROLLED_BACK', { reason, evidence, acknowledged: true }), workload('open', 'ROLLED_BACK', { reason, evidence })]),
      style,
    ).join('\n');

    expect(text).toContain(
      '  ↩ shop/open  rolled back\n      the new pods were not all Ready within 10 min\n      bad-1 on n1: not ready\n      last lines of its log:\n      │ boom \n',
    );
    expect(text).toContain('  ↩ shop/seen  rolled back (decided)\n      the new pods were not all Ready within 10 min');
    expect(text.match(/boom/g)).toHaveLength(1);
  });

  it.each([
    ['ROLLED_BACK', 'workload-failed', ['retry shop/Deployment/bad', 'exclude shop/Deployment/bad', 'continue', 'rollback --all', 'abort']],
    [
      'INCONCLUSIVE',
      'inconclusive',
      ['retry shop/Deployment/bad', 'exclude shop/Deployment/bad', 'rollback shop/Deployment/bad', 'continue', 'rollback --all', 'abort'],
    ],
    ['RB_FAILED', 'rollback-failed', ['exclude shop/Deployment/bad', 'rollback shop/Deployment/bad', 'continue', 'rollback --all', 'abort']],
    ['CONFLICT', 'conflict', ['exclude shop/Deployment/bad', 'continue', 'rollback --all', 'abort']],
  ] as const)('offers for %s exactly the decisions that act on it', (state, halt, commands) => {
    const text = formatStatus(halted(state, halt), style).join('\n');

    expect([...text.matchAll(/^ {2}changeover (.*?) {2}/gm)].map((match) => match[1])).toEqual(commands);
  });

  it('stacks command and effect where they do not fit side by side, and cuts neither', () => {
    const lines = formatStatus(halted('ROLLED_BACK', 'workload-failed'), { ...style, width: 50, flags: ' --context prod' });

    const at = lines.indexOf('  changeover retry shop/Deployment/bad --context prod');
    expect(lines.slice(at + 1, at + 3)).toEqual(['      try bad again, then go on with the 1 waiting', '      workload']);
  });
});

describe('decisionEffect', () => {
  it('counts what a decision reaches', () => {
    const run = status([workload('a', 'SUCCEEDED'), workload('b', 'SOAKING'), workload('c', 'PLANNED'), workload('d', 'PLANNED')]);

    expect(decisionEffect(run, { kind: 'rollback', targets: [] })).toBe('put back every workload that was changed (2) to exactly what was there');
    expect(decisionEffect(run, { kind: 'rollback', targets: ['shop/Deployment/a'] })).toBe('put a back to exactly what was there');
    expect(decisionEffect(run, { kind: 'abort', targets: [] })).toBe('end the run: 1 stay migrated, 2 stay as they are, 1 in flight are finished');
    expect(decisionEffect(run, { kind: 'abort', targets: [], rollbackInFlight: true })).toContain('1 in flight are put back');
  });
});

describe('formatRunEnd', () => {
  it.each([
    [0, status([workload('a', 'SUCCEEDED')], { phase: 'COMPLETED' }), 'Done. Check that traces arrive: changeover verify'],
    [4, halted('RB_FAILED', 'rollback-failed'), 'A workload could not be put back. Look at it now; nothing more is started or changed until you decide.'],
    [130, status([workload('a', 'PLANNED')]), 'Interrupted: nothing is in flight, 1 workload still to go. Run the same command again to resume.'],
  ])('ends with what to do next after exit code %i', (exitCode, run, last) => {
    expect(formatRunEnd(run, { ...style, exitCode, nothingToDo: false }).at(-1)).toBe(last);
  });
});
