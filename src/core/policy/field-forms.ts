import { z } from 'zod';
import { parseDuration } from './duration.ts';

/** Text that is not empty. */
export const text = z.string().min(1);

/** A duration such as `5m`; milliseconds. */
export const duration = read('a duration such as 5m, 90s or 1h30m', parseDuration);

/** A share such as `10%`; 0 to 1. */
export const percentage = read('a percentage such as 10%', (value) => {
  const share = /^\d{1,3}(\.\d+)?%$/.test(value) ? Number(value.slice(0, -1)) / 100 : 2;
  return share <= 1 ? share : undefined;
});

/** Text of one form; `what` completes "must be …". The value itself is never repeated: it may be a secret. */
export function form(what: string, pattern: RegExp): z.ZodString {
  return z.string({ error: (issue) => (issue.input === undefined || issue.input === null ? undefined : `must be ${what}`) }).regex(pattern, `must be ${what}`);
}

/** A name out of a list. Names in `later` are promised and say so. */
export function choice<const T extends readonly [string, ...string[]]>(names: T, later: readonly string[] = []): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(names, {
    error: ({ input }) =>
      typeof input === 'string' && later.includes(input) ? `"${input}" is not available in this version; use ${names.join(' or ')}` : undefined,
  });
}

/** Text with placeholders `{name}` out of `known`; those in `needed` must be there. */
export function template(known: readonly string[], needed: readonly string[] = []): z.ZodString {
  return text.superRefine((value, context) => {
    const used = [...value.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name);
    const unknown = used.filter((name) => !known.includes(name));
    const missing = needed.filter((name) => !used.includes(name));
    const stray = /[{}]/.test(value.replaceAll(/\{[^{}]*\}/g, ''));
    const list = known.map((name) => `{${name}}`).join(', ');
    if (stray) context.addIssue({ code: 'custom', message: 'has a brace without its partner' });
    if (unknown.length > 0) context.addIssue({ code: 'custom', message: `has the unknown placeholder {${unknown.join('}, {')}}; known are ${list}` });
    if (missing.length > 0)
      context.addIssue({ code: 'custom', message: `must contain {${missing.join('} and {')}}, or different images would get the same name` });
  });
}

/** Text that may take its value from labels, `{label:appName}`. */
export const labelTemplate = text.refine(
  (value) => !/[{}]/.test(value.replaceAll(/\{label:[A-Za-z0-9][A-Za-z0-9._/-]*\}/g, '')),
  'must be text with placeholders of the form {label:appName}',
);

/** A Kubernetes label selector: `app=x,tier in (a,b),!legacy`. */
export const selector = form(
  'a label selector such as team=shop,tier in (web,api)',
  /^\s*(?:!?[\w./-]+|[\w./-]+\s*(?:==?|!=)\s*[\w.-]*|[\w./-]+\s+(?:in|notin)\s*\([\w.,\s-]*\))(?:\s*,\s*(?:!?[\w./-]+|[\w./-]+\s*(?:==?|!=)\s*[\w.-]*|[\w./-]+\s+(?:in|notin)\s*\([\w.,\s-]*\)))*\s*$/,
);

/** A day, `2026-12-31`, that exists in the calendar. */
export const day = form('a day such as 2026-12-31', /^\d{4}-\d{2}-\d{2}$/).refine((value) => {
  const time = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}, 'must be a day of the calendar');

/** An http or https URL that carries no password (policies are stored in the cluster, readable). */
export const url = form('an http or https URL', /^https?:\/\/[^\s/]+/)
  .refine((value) => URL.canParse(value), 'must be an http or https URL')
  .refine((value) => !URL.canParse(value) || new URL(value).password === '', 'must not carry a password');

function read(what: string, parse: (value: string) => number | undefined): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  return form(what, /^/).transform((value, context) => {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: `must be ${what}, is "${value.slice(0, 60)}"` });
    return z.NEVER;
  });
}
