/** A schedule of whole minutes: what its five fields allow, each as a set. */
export interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
  /** Both day fields are restricted: then one of them is enough (POSIX crontab). */
  readonly eitherDay: boolean;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Reads `minute hour day month weekday` as crontab(5) has it: `*`, lists, ranges, steps, three-letter names, 7 = Sunday; undefined when it is none. */
export function parseCron(text: string): Cron | undefined {
  const [minute, hour, day, month, weekday, ...more] = text.trim().toLowerCase().split(/\s+/);
  if (minute === undefined || hour === undefined || day === undefined || month === undefined || weekday === undefined || more.length > 0) return undefined;
  const minutes = readField(minute, [0, 59]);
  const hours = readField(hour, [0, 23]);
  const days = readField(day, [1, 31]);
  const months = readField(month, [1, 12], (name) => MONTHS.indexOf(name) + 1 || undefined);
  const read = readField(weekday, [0, 7], (name) => (WEEKDAYS.includes(name) ? WEEKDAYS.indexOf(name) : undefined));
  if (!minutes || !hours || !days || !months || !read) return undefined;
  const weekdays = new Set([...read].map((each) => each % 7));
  return { minutes, hours, days, months, weekdays, eitherDay: !day.startsWith('*') && !weekday.startsWith('*') };
}

/** Whether a day of the calendar (`utcDay`: its midnight as if its zone were UTC, in milliseconds) is one of the schedule's. */
export function isCronDay(cron: Cron, utcDay: number): boolean {
  const date = new Date(utcDay);
  if (!cron.months.has(date.getUTCMonth() + 1)) return false;
  const [byDay, byWeekday] = [cron.days.has(date.getUTCDate()), cron.weekdays.has(date.getUTCDay())];
  return cron.eitherDay ? byDay || byWeekday : byDay && byWeekday;
}

function readField(text: string, [least, most]: readonly [number, number], named?: (name: string) => number | undefined): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    if (!match) return undefined;
    const [, star, first = '', last, step] = match;
    const from = star === undefined ? readValue(first, named) : least;
    const to = star !== undefined || (last === undefined && step !== undefined) ? most : readValue(last ?? first, named);
    const by = Number(step ?? 1);
    if (from === undefined || to === undefined || from < least || to > most || from > to || by < 1) return undefined;
    for (let value = from; value <= to; value += by) values.add(value);
  }
  return values;
}

function readValue(text: string, named: ((name: string) => number | undefined) | undefined): number | undefined {
  return /^\d{1,2}$/.test(text) ? Number(text) : named?.(text);
}
