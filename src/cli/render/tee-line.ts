import type { TeeStatus } from '../../app/tee.ts';
import type { PeerState } from '../../ports/tee.ts';
import { printable } from './printable.ts';

/** The state of the tee in one line, with what is wrong in words. */
export function formatTeeLine({ time, listen, agents, segments, rejectedSpans, backend, collector, baseline }: TeeStatus): string {
  const { bufferFull, undelivered, refused, unreadable } = segments.lost;
  const lost = { 'buffer full': bufferFull, undelivered, 'refused by the collector': refused, unreadable };
  const reasons = Object.entries(lost).filter(([, count]) => count > 0);
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  const why = reasons.length === 0 ? '' : ` (${reasons.map(([reason, count]) => `${reason} ${count}`).join(', ')})`;
  const parts = [
    `${time.slice(11, 19)} tee ${listen}`,
    `${agents.connections} ${agents.connections === 1 ? 'connection' : 'connections'}, ${agents.calls} calls${agents.unavailable === 0 ? '' : `, ${agents.unavailable} without a backend`}`,
    `segments: ${segments.seen} seen, ${segments.sent} sent, ${segments.waiting} waiting, ${total} lost${why}`,
    ...(rejectedSpans === 0 ? [] : [`${rejectedSpans} spans rejected`]),
    `backend ${stateOf(backend)}`,
    `collector ${stateOf(collector)}`,
    ...(baseline === undefined ? [] : [baselineOf(baseline)]),
  ];
  return printable(parts.join(' | '));
}

function stateOf({ state, problem }: PeerState): string {
  if (state === 'unknown') return 'not used yet';
  return problem === undefined ? state : `${state} (${problem})`;
}

function baselineOf({ services, edges, problem }: NonNullable<TeeStatus['baseline']>): string {
  return problem === undefined ? `baseline: ${services} services, ${edges} calls between them` : `baseline not written: ${problem}`;
}
