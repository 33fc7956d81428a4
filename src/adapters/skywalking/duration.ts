import type { TraceWindow } from '../../ports/trace-store.ts';

const HOUR_MS = 3_600_000;
/** The backend refuses durations of more than 500 points. */
const steps = [
  { step: 'MINUTE', upToMs: 6 * HOUR_MS, text: (iso: string) => `${iso.slice(0, 10)} ${iso.slice(11, 13)}${iso.slice(14, 16)}` },
  { step: 'HOUR', upToMs: 14 * 24 * HOUR_MS, text: (iso: string) => `${iso.slice(0, 10)} ${iso.slice(11, 13)}` },
  { step: 'DAY', upToMs: Infinity, text: (iso: string) => iso.slice(0, 10) },
] as const;

/** `Duration` of the query protocol (common.graphqls). */
export interface Duration {
  readonly [member: string]: string;
  readonly start: string;
  readonly end: string;
  readonly step: 'MINUTE' | 'HOUR' | 'DAY';
}

/** The window in the backend's own zone (`+0800`), in the finest step its length allows. */
export function durationOf({ fromMs, toMs }: TraceWindow, zone: string): Duration {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  const offsetMs = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  const { step, text } = steps.find((each) => toMs - fromMs <= each.upToMs) ?? steps[2];
  const local = (ms: number): string => text(new Date(ms + offsetMs).toISOString());
  return { start: local(fromMs), end: local(toMs), step };
}
