import { isCronDay, parseCron, type Cron } from './cron.ts';
import type { ChangeWindow } from './policy.ts';

const DAY_MS = 86_400_000;
/** A schedule is looked ahead this far: 29 February comes at least every eight years. */
const LOOK_AHEAD_DAYS = 8 * 366;
const MAX_CHANGES = 500;

/** What keeps everything from starting: an open `deny` window, or no open `allow` window; and until when, where that is known. */
export interface ClosedWindow {
  readonly by: 'deny' | 'allow';
  /** Milliseconds since the epoch. */
  readonly until?: number;
}

/**
 * Why nothing may start at a moment (milliseconds), and until when; undefined when something may. Argo CD's rules: an open
 * `deny` window beats every `allow`; where there are `allow` windows at all, one must be open. Pure.
 */
export function closedWindow(windows: readonly ChangeWindow[], now: number): ClosedWindow | undefined {
  const by = whatCloses(windows, now);
  if (!by) return undefined;
  const until = opensAt(windows, now);
  return until === undefined ? { by } : { by, until };
}

/** First start of a window after a moment; undefined where its schedule never comes. */
export function nextStart(window: Pick<ChangeWindow, 'schedule' | 'timeZone'>, after: number): number | undefined {
  const cron = parseCron(window.schedule);
  if (!cron) return undefined;
  const today = localDay(after, window.timeZone);
  for (let ahead = -1; ahead <= LOOK_AHEAD_DAYS; ahead += 1) {
    const found = startsOn(cron, today + ahead * DAY_MS, window.timeZone, (at) => at > after).next().value;
    if (found !== undefined) return found;
  }
  return undefined;
}

function whatCloses(windows: readonly ChangeWindow[], now: number): 'deny' | 'allow' | undefined {
  if (windows.some((window) => window.kind === 'deny' && openUntil(window, now) !== undefined)) return 'deny';
  const allowing = windows.filter((window) => window.kind === 'allow');
  return allowing.length > 0 && !allowing.some((window) => openUntil(window, now) !== undefined) ? 'allow' : undefined;
}

/** Goes from one start or end of a window to the next until something may start. */
function opensAt(windows: readonly ChangeWindow[], now: number): number | undefined {
  let at = now;
  for (let changes = 0; changes < MAX_CHANGES; changes += 1) {
    const moments = windows.flatMap((window) => [openUntil(window, at), nextStart(window, at)]).filter((each) => each !== undefined);
    if (moments.length === 0) return undefined;
    at = Math.min(...moments);
    if (!whatCloses(windows, at)) return at;
  }
  return undefined;
}

/** End of the window where it is open at a moment. */
function openUntil(window: ChangeWindow, at: number): number | undefined {
  const cron = parseCron(window.schedule);
  if (!cron) return undefined;
  const today = localDay(at, window.timeZone);
  let last: number | undefined;
  for (let back = 0; back <= Math.ceil(window.durationMs / DAY_MS) + 1 && last === undefined; back += 1) {
    for (const start of startsOn(cron, today - back * DAY_MS, window.timeZone, (each) => each <= at)) last = Math.max(start, last ?? 0);
  }
  return last !== undefined && at < last + window.durationMs ? last + window.durationMs : undefined;
}

/** Starts on a local day that are wanted, in order. */
function* startsOn(cron: Cron, day: number, timeZone: string, wanted: (at: number) => boolean): Generator<number, undefined> {
  if (!isCronDay(cron, day)) return undefined;
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      const at = instantOf(day + hour * 3_600_000 + minute * 60_000, timeZone);
      if (wanted(at)) yield at;
    }
  }
  return undefined;
}

/** A wall clock reading as an instant; one that the clock skips is taken as if it had not been changed. */
function instantOf(local: number, timeZone: string): number {
  const guess = local - offsetAt(local, timeZone);
  return local - offsetAt(guess, timeZone);
}

function localDay(at: number, timeZone: string): number {
  const local = at + offsetAt(at, timeZone);
  return local - (((local % DAY_MS) + DAY_MS) % DAY_MS);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds a zone's clock is ahead of UTC. */
function offsetAt(at: number, timeZone: string): number {
  if (timeZone === 'UTC') return 0;
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...numeric });
  formats.set(timeZone, format);
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}
