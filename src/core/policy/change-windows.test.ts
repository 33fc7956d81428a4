import { describe, expect, it } from 'vitest';
import type { ChangeWindow } from './policy.ts';
import { closedWindow, nextStart } from './change-windows.ts';

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);

function window(kind: 'allow' | 'deny', schedule: string, hours: number, timeZone = 'UTC'): ChangeWindow {
  return { kind, schedule, durationMs: hours * HOUR, timeZone };
}

describe('closedWindow', () => {
  it('is open where there is no window', () => {
    expect(closedWindow([], at('2026-11-24T12:00:00Z'))).toBeUndefined();
  });

  it('is open in an allow window, from its first minute to before its last', () => {
    const nights = [window('allow', '0 22 * * mon-fri', 8)];

    expect(closedWindow(nights, at('2026-11-24T22:00:00Z'))).toBeUndefined();
    expect(closedWindow(nights, at('2026-11-25T05:59:59Z'))).toBeUndefined();
    expect(closedWindow(nights, at('2026-11-25T06:00:00Z'))).toEqual({ by: 'allow', until: at('2026-11-25T22:00:00Z') });
  });

  it('says until when over a weekend', () => {
    const closed = closedWindow([window('allow', '0 22 * * 1-5', 8)], at('2026-11-28T12:00:00Z'));

    expect(closed?.until).toBe(at('2026-11-30T22:00:00Z'));
  });

  it('lets deny beat allow, and opens when the deny window ends inside an allow window', () => {
    const windows = [window('allow', '0 8 * * *', 10), window('deny', '0 9 * * *', 2)];

    expect(closedWindow(windows, at('2026-11-24T08:30:00Z'))).toBeUndefined();
    expect(closedWindow(windows, at('2026-11-24T09:30:00Z'))).toEqual({ by: 'deny', until: at('2026-11-24T11:00:00Z') });
  });

  it('allows everything outside deny windows where nothing is allowed explicitly', () => {
    const freeze = [window('deny', '0 0 24 12 *', 72)];

    expect(closedWindow(freeze, at('2026-12-23T23:59:00Z'))).toBeUndefined();
    expect(closedWindow(freeze, at('2026-12-26T12:00:00Z'))?.until).toBe(at('2026-12-27T00:00:00Z'));
  });

  it('keeps the wall clock of its zone over the change of summer time', () => {
    const berlin = [window('allow', '0 9 * * *', 1, 'Europe/Berlin')];

    expect(closedWindow(berlin, at('2026-10-24T07:30:00Z'))).toBeUndefined();
    expect(closedWindow(berlin, at('2026-10-25T07:30:00Z'))?.until).toBe(at('2026-10-25T08:00:00Z'));
  });

  it('opens at the right hour on the night the clock changes', () => {
    const berlin = [window('allow', '30 1 * * *', 1, 'Europe/Berlin')];

    expect(closedWindow(berlin, at('2026-10-24T23:45:00Z'))).toBeUndefined();
    expect(closedWindow(berlin, at('2026-10-25T00:45:00Z'))).toBeDefined();
  });

  it('knows a window that began on the local day before', () => {
    expect(closedWindow([window('allow', '30 23 * * 1', 3, 'Asia/Shanghai')], at('2026-11-23T17:00:00Z'))).toBeUndefined();
  });

  it('knows no end of what is denied for ever', () => {
    expect(closedWindow([window('deny', '* * * * *', 1)], at('2026-11-24T12:00:00Z'))).toEqual({ by: 'deny' });
  });
});

describe('nextStart', () => {
  it('finds a day that comes every four years, and none for a day that never comes', () => {
    expect(nextStart({ schedule: '0 0 29 2 *', timeZone: 'UTC' }, at('2026-11-24T12:00:00Z'))).toBe(at('2028-02-29T00:00:00Z'));
    expect(nextStart({ schedule: '0 0 31 2 *', timeZone: 'UTC' }, at('2026-11-24T12:00:00Z'))).toBeUndefined();
  });
});
