import { makeDoctorReport, type Check, type DoctorReport } from '../core/doctor/doctor-report.ts';
import { rightsFor, type FleetScope } from '../core/doctor/permissions.ts';
import { ChangeoverError } from '../core/error.ts';
import type { JsonObject } from '../core/json.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Clock } from '../ports/clock.ts';
import type { AccessQuery, Cluster } from '../ports/cluster.ts';
import type { Registry } from '../ports/registry.ts';
import type { TraceStore } from '../ports/trace-store.ts';
import type { AgentFiles } from './agent-files.ts';
import { checking, unknownWithoutRight } from './checking.ts';
import { diagnoseRegistries } from './diagnose-registries.ts';
import { refTo, resources } from './resources.ts';

/** Clocks may differ by this much besides what the measurement itself is unsure of. Milliseconds. */
const MAX_SKEW_MS = 10_000;

export interface DoctorPorts {
  readonly cluster: Cluster;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly agentFiles: () => Promise<AgentFiles>;
  /** Folder of the journals, after proving that it can be written to. */
  readonly probeJournal: () => Promise<string>;
  /** Undefined where the policy names no trace store. */
  readonly traces: TraceStore | undefined;
}

export interface DoctorOptions {
  readonly policy: Policy;
  /** Narrows the policy's namespaces. */
  readonly namespaces?: readonly string[];
  readonly stateNamespace: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

/**
 * Looks at everything a migration needs, from here and as this user: cluster, rights, registries, agent files, journal,
 * clock, trace store. Writes nothing but a probe in the journal's folder. Nothing it finds is thrown, but `aborted`.
 */
export async function diagnose(ports: DoctorPorts, options: DoctorOptions): Promise<DoctorReport> {
  const { signal, onProgress } = options;
  onProgress?.('Asking the API server');
  const cluster = await checking('cluster', {}, async () => {
    const { server, version, user } = await ports.cluster.identity(signal);
    return { server, version, user };
  });
  const inCluster = cluster.status === 'ok' ? await diagnoseCluster(ports, options) : [];
  onProgress?.('Reading the new agent');
  const here = await Promise.all([checkAgentFiles(ports, options), checkJournal(ports), checkTraces(ports, options)]);
  return makeDoctorReport([cluster, ...inCluster, ...here.flat()]);
}

/** Where a run by this policy takes place. */
export function scopeOf({ policy, namespaces, stateNamespace }: Pick<DoctorOptions, 'policy' | 'namespaces' | 'stateNamespace'>): FleetScope {
  const { select, verify } = policy;
  const byLabel = select.namespaceSelector !== undefined;
  const selected = byLabel || select.namespaces.length === 0 ? 'all' : select.namespaces;
  const narrowed = namespaces === undefined ? selected : namespaces.filter((name) => selected === 'all' || selected.includes(name));
  return {
    namespaces: narrowed,
    byLabel,
    stateNamespace,
    kinds: select.kinds,
    ...(verify.jaeger?.kind === 'service' ? { traces: verify.jaeger.service } : {}),
  };
}

async function diagnoseCluster(ports: DoctorPorts, options: DoctorOptions): Promise<readonly Check[]> {
  const [permissions, state, clock] = await Promise.all([
    checkPermissions(ports.cluster, options),
    checkStateNamespace(ports.cluster, options),
    checkClock(ports, options),
  ]);
  return [...permissions, state, ...clock, ...(await diagnoseRegistries(ports, options))];
}

async function checkPermissions(cluster: Cluster, options: DoctorOptions): Promise<readonly Check[]> {
  const asked = rightsFor('apply', scopeOf(options)).flatMap(({ verbs, names = [undefined], why, ...right }) =>
    verbs.flatMap((verb) => names.map((name) => ({ why, query: queryOf(verb, right, name) }))),
  );
  const answers = await cluster.can(
    asked.map(({ query }) => query),
    options.signal,
  );
  return asked.map(({ why, query }, index) => {
    const { namespace = '', name = '', subresource } = query;
    const resource = `${query.resource}${subresource === undefined ? '' : `/${subresource}`}`;
    const params = { verb: query.verb, group: query.group, resource, namespace, name, why };
    return { id: 'permission', status: answers[index] === true ? 'ok' : 'problem', params };
  });
}

/** The API server checks a right on one Namespace inside that namespace. */
function queryOf(verb: string, right: Omit<AccessQuery, 'verb' | 'name'>, name: string | undefined): AccessQuery {
  const inside = right.resource === 'namespaces' && name !== undefined ? { namespace: name } : {};
  return { verb, ...right, ...inside, ...(name === undefined ? {} : { name }) };
}

async function checkStateNamespace(cluster: Cluster, { stateNamespace, signal }: DoctorOptions): Promise<Check> {
  const params = { namespace: stateNamespace };
  try {
    const found = await cluster.get(refTo(resources.namespace, '', stateNamespace), signal);
    if (found) return { id: 'state-namespace', status: 'ok', params: { ...params, exists: true } };
    const [mayCreate] = await cluster.can([{ verb: 'create', group: '', resource: 'namespaces' }], signal);
    return { id: 'state-namespace', status: mayCreate === true ? 'ok' : 'problem', params: { ...params, exists: false } };
  } catch (error) {
    if (error instanceof ChangeoverError && error.code === 'denied') return { id: 'state-namespace', status: 'unknown', params };
    throw error;
  }
}

/** Times of pods are compared with this machine's clock. */
async function checkClock({ cluster, clock }: DoctorPorts, { signal }: DoctorOptions): Promise<readonly Check[]> {
  const before = clock.now();
  const server = await cluster.serverTime?.(signal);
  if (server === undefined) return [];
  const after = clock.now();
  const skewMs = Math.round((before + after) / 2 - (server + 500)); // the server tells whole seconds
  const unsure = (after - before) / 2 + 500;
  return [{ id: 'clock', status: Math.abs(skewMs) > MAX_SKEW_MS + unsure ? 'problem' : 'ok', params: { skewMs } }];
}

async function checkAgentFiles({ agentFiles }: DoctorPorts, { policy }: DoctorOptions): Promise<readonly Check[]> {
  const { files } = policy.to;
  if (files.kind === 'none') return [];
  const from = files.kind === 'image' ? files.image : files.path;
  const read = async (): Promise<JsonObject> => {
    const agent = await agentFiles();
    return { version: agent.version, files: agent.files.length };
  };
  return [await checking('agent-files', { from, agent: policy.to.agent }, read)];
}

async function checkJournal({ probeJournal }: DoctorPorts): Promise<readonly Check[]> {
  return [await checking('journal', {}, async () => ({ folder: await probeJournal() }))];
}

async function checkTraces({ traces }: DoctorPorts, { policy, signal }: DoctorOptions): Promise<readonly Check[]> {
  const { jaeger } = policy.verify;
  if (!traces || !jaeger) return [];
  const place = jaeger.kind === 'url' ? jaeger.url : jaeger.service;
  const found = await checking('traces', { place }, async () => ({ services: (await traces.services(signal)).length }));
  return [jaeger.kind === 'service' ? unknownWithoutRight(found) : found];
}
