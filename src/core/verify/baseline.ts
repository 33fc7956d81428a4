import { z } from 'zod';
import { ChangeoverError } from '../error.ts';
import type { Json } from '../json.ts';
import { describeIssue } from '../policy/policy-problem.ts';

/** Which services there were and who called whom, before the migration: what must be visible after it. */
export interface Baseline {
  readonly apiVersion: 'changeover.dev/v1alpha1';
  readonly kind: 'Baseline';
  /** Where it was read: SkyWalking's own topology, Jaeger, or the segments that passed the tee. */
  readonly source: 'skywalking' | 'jaeger' | 'tee';
  /** The time it tells of, RFC 3339. */
  readonly from: string;
  readonly to: string;
  /** As the source names them; sorted by name, no name twice. */
  readonly services: readonly { readonly name: string }[];
  /** Sorted, no pair twice, both ends are among the services. */
  readonly edges: readonly { readonly from: string; readonly to: string; readonly calls?: number }[];
}

const name = z.string().min(1);
const time = z.iso.datetime('must be a time such as 2026-11-24T12:00:00Z');
const schema = z.object({
  apiVersion: z.literal('changeover.dev/v1alpha1'),
  kind: z.literal('Baseline'),
  source: z.enum(['skywalking', 'jaeger', 'tee']),
  from: time,
  to: time,
  services: z.array(z.object({ name })),
  edges: z.array(z.object({ from: name, to: name, calls: z.int().min(0).exactOptional() })),
});

/** Reads a baseline file; unknown members are ignored. Throws `invalid-file` naming the file and the field. */
export function readBaseline(value: Json, file: string): Baseline {
  const parsed = schema.safeParse(value, { reportInput: true, error: describeIssue });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = (issue?.path ?? []).map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  throw new ChangeoverError('invalid-file', `${file}: ${field === '' ? '' : `${field.slice(1)}: `}${issue?.message ?? 'not as expected'}`, {
    target: file,
    hint: 'Use a file that `changeover verify --baseline save` or `changeover tee` wrote; docs/spec/baseline.md lists every field.',
  });
}

/** Puts a baseline together from what a source shows, in any order and with repetitions. Times are milliseconds since the epoch. */
export function makeBaseline(
  source: Baseline['source'],
  window: { readonly fromMs: number; readonly toMs: number },
  found: { readonly services: readonly string[]; readonly edges: Baseline['edges'] },
): Baseline {
  const edges = Map.groupBy(found.edges, (edge) => JSON.stringify([edge.from, edge.to]));
  const names = new Set([...found.services, ...found.edges.flatMap((edge) => [edge.from, edge.to])]);
  return {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'Baseline',
    source,
    from: new Date(window.fromMs).toISOString(),
    to: new Date(window.toMs).toISOString(),
    services: [...names].sort().map((each) => ({ name: each })),
    edges: [...edges.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, group]) => merged(group)),
  };
}

/** Text of a baseline file: one service and one edge a line, so that two of them can be compared by eye. */
export function baselineText({ services, edges, ...head }: Baseline): string {
  const list = (items: readonly object[]): string => (items.length === 0 ? '[]' : `[\n${items.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`);
  const members = Object.entries(head).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{\n${[...members, `  "services": ${list(services)}`, `  "edges": ${list(edges)}`].join(',\n')}\n}\n`;
}

function merged(group: Baseline['edges']): Baseline['edges'] {
  const [first] = group;
  if (!first) return [];
  const counted = group.filter((edge) => edge.calls !== undefined);
  const calls = counted.reduce((sum, edge) => sum + (edge.calls ?? 0), 0);
  return [{ from: first.from, to: first.to, ...(counted.length === 0 ? {} : { calls }) }];
}
