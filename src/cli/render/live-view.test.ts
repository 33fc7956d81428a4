import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { EventBody, RunEvent } from '../../core/rollout/event.ts';
import { displayWidth } from './display-width.ts';
import { fakeTerminal, type FakeTerminal } from './fake-terminal.ts';
import { jsonLines } from './json-lines.ts';
import { liveView, type LiveView } from './live-view.ts';

const start = Date.parse('2026-11-03T10:00:00Z');
const orders = 'shop/Deployment/orders';
const cart = 'shop/Deployment/cart';
const crash = { id: 'container-crashed', params: { pod: 'cart-7x', exitCode: 1, restarts: 3 } };

/** A view with a clock that the test moves, fed with events of that time. */
function stage(terminal: FakeTerminal): { readonly view: LiveView; readonly emit: (body: EventBody) => void; readonly pass: (ms: number) => void } {
  let now = start;
  const view = liveView(terminal, { color: false, title: 'sw-to-otel', footer: 'Ctrl-C stops', now: () => now });
  const emit = (body: EventBody): void =>
    view.event({ kind: 'Event', time: new Date(now).toISOString(), run: 'sw-to-otel', seq: 1, ...body } satisfies RunEvent);
  const pass = (ms: number): void => {
    now += ms;
    view.tick();
  };
  return { view, emit, pass };
}

describe('liveView on a terminal', () => {
  it('shows what is in flight, with a countdown that runs by itself', () => {
    const terminal = fakeTerminal(100);
    const { emit, pass } = stage(terminal);
    emit({ type: 'run.started', workloads: 4, batches: 2, resumed: false, epoch: 1 });
    emit({ type: 'batch.started', batch: 1, of: 2, workloads: [orders, cart] });
    emit({ type: 'workload.state', workload: orders, from: 'ROLLING', to: 'SOAKING', waitingFor: { id: 'soak', params: { leftMs: 300_000, pods: 2 } } });
    emit({
      type: 'workload.state',
      workload: cart,
      from: 'APPLIED',
      to: 'ROLLING',
      waitingFor: { id: 'pods', params: { ready: 1, wanted: 3, old: 2, detail: null } },
    });

    pass(60_000);

    const shown = terminal.lines();
    expect(shown[1]).toMatch(/^ sw-to-otel · batch 1 of 2 +1:00$/);
    expect(shown[2]).toMatch(/0 of 4 workloads$/);
    expect(shown[4]).toBe(' •  shop/orders  soaking       ━━────────  4:00 left, 2 pods Ready');
    expect(shown[5]).toBe(' •  shop/cart    rolling       1 of 3 new pods Ready, 2 old left');
    expect(shown.at(-1)).toBe(' Ctrl-C stops');
  });

  it('moves what has ended above the table, with the reason where it failed', () => {
    const terminal = fakeTerminal(160);
    const { view, emit, pass } = stage(terminal);
    emit({ type: 'run.started', workloads: 2, batches: 1, resumed: true, epoch: 2 });
    emit({ type: 'batch.started', batch: 1, of: 1, workloads: [orders, cart] });
    emit({ type: 'workload.state', workload: orders, from: 'PLANNED', to: 'ARTIFACT' });
    emit({ type: 'workload.state', workload: cart, from: 'PLANNED', to: 'ARTIFACT' });
    pass(372_000);
    emit({ type: 'workload.state', workload: orders, from: 'SOAKING', to: 'SUCCEEDED' });
    emit({ type: 'workload.verdict', workload: cart, verdict: 'fail', reason: crash });
    emit({ type: 'workload.state', workload: cart, from: 'ROLLING', to: 'RB_INTENT', waitingFor: crash });
    emit({ type: 'workload.state', workload: cart, from: 'RB_INTENT', to: 'RB_ROLLING' });
    emit({ type: 'workload.verdict', workload: cart, verdict: 'wait', reason: { id: 'rollback-pods', params: { ready: 0, wanted: 1, new: 1 } } });

    const during = terminal.lines();
    emit({ type: 'workload.state', workload: cart, from: 'RB_ROLLING', to: 'ROLLED_BACK', waitingFor: crash });
    emit({ type: 'run.halted', reason: { id: 'workload-failed', params: {} }, workloads: [cart] });
    view.close();

    expect(during).toContain(
      ' ↩  shop/cart    turning back  0 of 1 old pod Ready, 1 new left, because the container exited with code 1 (3 restarts, pod cart-7x)',
    );
    expect(terminal.lines()).toEqual([
      ' •  run sw-to-otel resumed: 2 workloads in 1 batch',
      ' ✓  shop/orders  migrated in 6 min 12 s',
      ' !  shop/cart    fails  the container exited with code 1 (3 restarts, pod cart-7x)',
      ' ↩  shop/cart    rolled back in 6 min 12 s  the container exited with code 1 (3 restarts, pod cart-7x)',
      ' !  halted: a workload failed with the new agent; it is put back (shop/cart)',
    ]);
  });

  it('shows what the gate holds the next batch for, until it starts or a person is asked', () => {
    const terminal = fakeTerminal(160);
    const { emit } = stage(terminal);
    const holding = { id: 'gate-holding', params: { batch: 2, services: [orders], more: 0, because: ['no-traffic'] } };
    emit({ type: 'run.started', workloads: 2, batches: 2, resumed: false, epoch: 1 });
    emit({ type: 'warning', reason: holding });
    const held = terminal.lines();
    emit({ type: 'batch.started', batch: 2, of: 2, workloads: [cart] });
    const started = terminal.lines();
    emit({ type: 'warning', reason: holding });
    emit({ type: 'run.halted', reason: { id: 'gate-inconclusive', params: { ...holding.params, minutes: 10 } }, workloads: [orders] });

    expect(held.filter((line) => line.includes('holding'))).toEqual([' holding batch 2: waiting for traces of shop/orders (no traffic yet)']);
    expect(started).toContain(' nothing in flight');
    expect(terminal.lines()).toContain(
      ' !  halted: batch 2 is not started, 10 min of waiting were not enough: waiting for traces of shop/orders (no traffic yet)',
    );
    expect(terminal.lines()).toContain(' nothing in flight');
  });

  it('estimates the time left once a batch has ended', () => {
    const terminal = fakeTerminal(100);
    const { emit, pass } = stage(terminal);
    emit({ type: 'run.started', workloads: 3, batches: 3, resumed: false, epoch: 1 });
    emit({ type: 'batch.started', batch: 1, of: 3, workloads: [orders] });
    pass(360_000);
    emit({ type: 'batch.started', batch: 2, of: 3, workloads: [cart] });
    pass(60_000);

    expect(terminal.lines()[1]).toMatch(/7:00 · about 11 min left$/);
  });

  it('fits any terminal: no line is wider, no frame is higher', () => {
    for (const [columns, rows] of [
      [24, 8],
      [60, 10],
      [200, 24],
    ] as const) {
      const terminal = fakeTerminal(columns, rows);
      const { emit, pass } = stage(terminal);
      const many = Array.from({ length: 30 }, (_, index) => `very-long-namespace-name/Deployment/服务-${index}-with-a-long-name`);
      emit({ type: 'run.started', workloads: 300, batches: 30, resumed: false, epoch: 1 });
      emit({ type: 'batch.started', batch: 3, of: 30, workloads: many });
      for (const workload of many) emit({ type: 'workload.state', workload, from: 'PLANNED', to: 'ROLLING', waitingFor: crash });
      pass(1_000);

      const frame = terminal.written().split('\u001B[?2026h').at(-1) ?? '';
      const lines = stripVTControlCharacters(frame).trimEnd().split('\n');
      expect(lines.length).toBeLessThan(rows);
      if (columns >= 60) expect(Math.max(...lines.map((line) => displayWidth(line)))).toBeLessThan(columns);
    }
  });
});

describe('liveView elsewhere', () => {
  it('writes one line per step worth reading', () => {
    let text = '';
    const view = liveView({ isTTY: false, columns: 80, rows: 24, write: (more) => void (text += more) }, { color: false, title: 'x', now: () => start });
    const emit = (body: EventBody): void => view.event({ kind: 'Event', time: '2026-11-03T10:00:00.000Z', run: 'r', seq: 1, ...body } satisfies RunEvent);

    emit({ type: 'batch.started', batch: 1, of: 2, workloads: [orders] });
    emit({ type: 'workload.state', workload: orders, from: 'PLANNED', to: 'ARTIFACT' });
    emit({ type: 'workload.state', workload: orders, from: 'APPLIED', to: 'SOAKING', waitingFor: { id: 'soak', params: { leftMs: 300_000, pods: 2 } } });
    emit({ type: 'warning', workload: orders, reason: { id: 'retrying', params: { what: 'apply', detail: 'timeout' } } });
    emit({ type: 'run.finished', phase: 'COMPLETED', counts: { migrated: 1, skipped: 2 } });

    expect(text.split('\n')).toEqual([
      '10:00:00Z batch 1 of 2: shop/orders',
      '10:00:00Z shop/orders: soaking: 5:00 left, 2 pods Ready',
      '10:00:00Z shop/orders: apply got no clear answer and is tried again: timeout',
      '10:00:00Z run r completed: 1 migrated, 2 skipped',
      '',
    ]);
  });

  it('writes one JSON object per line for programs', () => {
    let text = '';
    const view = jsonLines({ isTTY: false, columns: 80, rows: 24, write: (more) => void (text += more) });

    view.event({ kind: 'Event', time: '2026-11-03T10:00:00.000Z', run: 'r', seq: 1, type: 'batch.started', batch: 1, of: 2, workloads: [orders] });

    expect(text.endsWith('\n')).toBe(true);
    expect(JSON.parse(text)).toMatchObject({ kind: 'Event', type: 'batch.started', run: 'r', seq: 1 });
  });
});
