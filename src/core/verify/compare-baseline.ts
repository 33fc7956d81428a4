import type { Finding } from '../finding.ts';
import { blockingFindings, type Allowance } from '../plan/allowed.ts';
import type { Baseline } from './baseline.ts';
import { workloadOf } from './expected-service.ts';
import type { CanonicalName } from './service-names.ts';
import type { ServiceEdge } from './verify-report.ts';

type Pair = Pick<ServiceEdge, 'from' | 'to'>;

/** What of the baseline traces show. `missing` when traffic came by and something of it is not visible. */
export interface BaselineReport {
  readonly file: string;
  readonly source: Baseline['source'];
  readonly from: string;
  readonly to: string;
  readonly verdict: 'ok' | 'missing' | 'inconclusive';
  readonly services: { readonly expected: number; readonly seen: number };
  readonly edges: { readonly expected: number; readonly seen: number };
  /** `service-missing`, `edge-missing`: `block`, or `warn` where neither side had traffic; `edges-new`: `info`. */
  readonly findings: readonly Finding[];
}

export interface CompareOptions {
  readonly file: string;
  readonly canonical: CanonicalName;
  readonly allowance: Allowance;
  /** Workload ids of the run by service, for allowances that name workloads. */
  readonly workloadsOf: (service: string) => readonly string[];
}

/** Looks for every service and edge of the baseline in what traces show: services with spans, edges with calls. */
export function compareBaseline(
  baseline: Baseline,
  seen: { readonly services: ReadonlySet<string>; readonly edges: readonly Pair[] },
  options: CompareOptions,
): BaselineReport {
  const services = [...new Set(baseline.services.map(({ name }) => options.canonical(name)))];
  const edges = baselineEdges(baseline, options.canonical);
  const visible = new Set(seen.edges.map(keyOf));
  const silent = services
    .filter((service) => !seen.services.has(service))
    .map((service) => ({ service, traffic: hasNeighbour(service, edges, seen.services) }));
  // A service that is not there at all takes its edges with it: one finding says so.
  const gone = new Set(silent.map(({ service }) => service));
  const lost = edges.filter((edge) => !visible.has(keyOf(edge)));
  const toTell = lost.filter(({ from, to }) => !gone.has(from) && !gone.has(to));
  const findings = [...silent.map(serviceMissing), ...toTell.map(edgeMissing)].sort((a, b) => Number(a.severity !== 'block') - Number(b.severity !== 'block'));
  const before = new Set(edges.map(keyOf));
  const fresh = seen.edges.filter((edge) => !before.has(keyOf(edge)));
  return {
    file: options.file,
    source: baseline.source,
    from: baseline.from,
    to: baseline.to,
    verdict: verdictOf(findings, options),
    services: { expected: services.length, seen: services.length - silent.length },
    edges: { expected: edges.length, seen: edges.length - lost.length },
    findings: [...findings, ...newEdges(fresh)],
  };
}

/** The edges of the baseline that no trace shows, as the report lists them among the others. */
export function unseenEdges(baseline: Baseline, shown: readonly Pair[], canonical: CanonicalName): readonly ServiceEdge[] {
  const visible = new Set(shown.map(keyOf));
  const lost = baselineEdges(baseline, canonical).filter((edge) => !visible.has(keyOf(edge)));
  return lost.map((edge) => ({ ...edge, verdict: 'unseen', calls: 0, unanswered: 0, cut: 0, examples: [] }));
}

/** Edges under today's names, each once. Calls within a service are none: traces do not tell them from its inner work. */
function baselineEdges(baseline: Baseline, canonical: CanonicalName): readonly Pair[] {
  const edges = baseline.edges.map((edge) => ({ from: canonical(edge.from), to: canonical(edge.to) })).filter(({ from, to }) => from !== to);
  return [...new Map(edges.map((edge) => [keyOf(edge), edge])).values()];
}

function hasNeighbour(service: string, edges: readonly Pair[], seen: ReadonlySet<string>): boolean {
  return edges.some(({ from, to }) => (from === service && seen.has(to)) || (to === service && seen.has(from)));
}

function serviceMissing({ service, traffic }: { readonly service: string; readonly traffic: boolean }): Finding {
  return { id: 'service-missing', severity: traffic ? 'block' : 'warn', params: { service, traffic } };
}

/** Both ends are visible here, so there was traffic. */
function edgeMissing({ from, to }: Pair): Finding {
  return { id: 'edge-missing', severity: 'block', params: { from, to } };
}

function newEdges(fresh: readonly Pair[]): readonly Finding[] {
  if (fresh.length === 0) return [];
  return [{ id: 'edges-new', severity: 'info', params: { count: fresh.length, edges: fresh.map(({ from, to }) => `${from} -> ${to}`) } }];
}

function verdictOf(findings: readonly Finding[], options: CompareOptions): BaselineReport['verdict'] {
  const open = findings.filter((finding) => !isAllowed(finding, options));
  if (open.some((finding) => finding.severity === 'block')) return 'missing';
  return open.length > 0 ? 'inconclusive' : 'ok';
}

/** Allowed when it is for a workload at either end. */
function isAllowed(finding: Finding, { allowance, workloadsOf }: CompareOptions): boolean {
  const services = ['service', 'from', 'to'].flatMap((key) => finding.params[key] ?? []).map(String);
  const names = [{ namespace: '', name: '' }, ...services.flatMap(workloadsOf).map(workloadOf)];
  return names.some((workload) => blockingFindings([{ ...finding, severity: 'block' }], workload, allowance).length === 0);
}

function keyOf({ from, to }: Pair): string {
  return JSON.stringify([from, to]);
}
