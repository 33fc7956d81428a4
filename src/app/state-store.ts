import { createHash } from 'node:crypto';
import { ChangeoverError } from '../core/error.ts';
import { readRecord } from '../core/rollout/read-record.ts';
import type { RunRecord, WorkloadRecord } from '../core/rollout/run-record.ts';
import { isJsonObject } from '../core/json.ts';
import type { KubeObject } from '../core/workload/kube-object.ts';
import type { Cluster } from '../ports/cluster.ts';
import { refTo, resources } from './resources.ts';

const RUN_LABEL = 'changeover.dev/run';
const RECORD_LABEL = 'changeover.dev/record';

/** A record with the ConfigMap it was read from: writing it again compares resourceVersions. */
export interface Stored<T> {
  readonly value: T;
  readonly object: KubeObject;
}

/** ConfigMap that holds a run. */
export function runObjectName(run: string): string {
  return `changeover-run-${run}`;
}

/** Reads a run by name; undefined when there is none. */
export async function readRun(cluster: Cluster, stateNamespace: string, run: string, signal?: AbortSignal): Promise<Stored<RunRecord> | undefined> {
  const object = await cluster.get(refTo(resources.configMap, stateNamespace, runObjectName(run)), signal);
  return object && { value: parse(object) as RunRecord, object };
}

/** All runs whose records are kept in the namespace. */
export async function listRuns(cluster: Cluster, stateNamespace: string, signal?: AbortSignal): Promise<readonly Stored<RunRecord>[]> {
  const query = { resource: resources.configMap, namespace: stateNamespace, labelSelector: `${RECORD_LABEL}=run` };
  const objects = await cluster.list(query, signal);
  return objects.map((object) => ({ value: parse(object) as RunRecord, object }));
}

/** The workload records of a run. */
export async function listRecords(cluster: Cluster, stateNamespace: string, run: string, signal?: AbortSignal): Promise<readonly Stored<WorkloadRecord>[]> {
  const labelSelector = `${RECORD_LABEL}=workload,${RUN_LABEL}=${run}`;
  const objects = await cluster.list({ resource: resources.configMap, namespace: stateNamespace, labelSelector }, signal);
  return objects.map((object) => ({ value: parse(object) as WorkloadRecord, object }));
}

/** Creates the record of a run, or of a workload; `conflict` when it exists. */
export async function createRecord<T extends RunRecord | WorkloadRecord>(cluster: Cluster, stateNamespace: string, value: T): Promise<Stored<T>> {
  const [name, run, record] = 'item' in value ? [workloadObjectName(value), value.run, 'workload'] : [runObjectName(value.name), value.name, 'run'];
  const labels = { 'app.kubernetes.io/managed-by': 'changeover', [RUN_LABEL]: run, [RECORD_LABEL]: record };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: stateNamespace, labels }, data: { record: JSON.stringify(value) } };
  return { value, object: await cluster.create(object) };
}

/** Compare-and-swap: `conflict` when somebody else wrote the record since it was read. */
export async function replaceRecord<T extends RunRecord | WorkloadRecord>(cluster: Cluster, stored: Stored<T>, value: T): Promise<Stored<T>> {
  const object = { ...stored.object, data: { record: JSON.stringify(value) } };
  return { value, object: await cluster.replace(object) };
}

/** Reads a stored record again, as it is now. `gone` when it was deleted. */
export async function rereadRecord<T extends RunRecord | WorkloadRecord>(cluster: Cluster, stored: Stored<T>): Promise<Stored<T>> {
  const { namespace = '', name } = stored.object.metadata;
  const object = await cluster.get(refTo(resources.configMap, namespace, name));
  if (!object)
    throw new ChangeoverError('gone', 'the record was deleted', {
      target: `${namespace}/ConfigMap/${name}`,
      hint: 'Restore it from the local journal, or roll back with `changeover undo --print`.',
    });
  return { value: parse(object) as T, object };
}

/** The run a command means: the named one, else the only unfinished one. Throws `usage` with the choices. */
export async function findRun(
  cluster: Cluster,
  options: { readonly stateNamespace: string; readonly run?: string },
  signal?: AbortSignal,
): Promise<Stored<RunRecord>> {
  const { stateNamespace } = options;
  if (options.run !== undefined) {
    const found = await readRun(cluster, stateNamespace, options.run, signal);
    if (found) return found;
    throw new ChangeoverError('usage', `run ${options.run} does not exist`, {
      target: `namespace ${stateNamespace}`,
      hint: 'Run `changeover status` to see the runs of this cluster, or name another with --state-namespace.',
    });
  }
  const runs = await listRuns(cluster, stateNamespace, signal);
  const open = runs.filter((run) => run.value.phase !== 'COMPLETED' && run.value.phase !== 'ABORTED');
  const newest = [...runs].sort((a, b) => (a.value.startedAt < b.value.startedAt ? 1 : -1))[0];
  const [only] = open;
  if (only && open.length === 1) return only;
  if (open.length === 0 && newest) return newest;
  const names = open.map((run) => run.value.name).join(', ');
  if (open.length > 1) throw new ChangeoverError('usage', `more than one run is unfinished: ${names}`, { hint: 'Name one with --run.' });
  throw new ChangeoverError('usage', 'there is no run yet', { target: `namespace ${stateNamespace}`, hint: 'Start one with `changeover apply plan.json`.' });
}

function workloadObjectName(record: WorkloadRecord): string {
  const id = createHash('sha256').update(record.item.id).digest('hex').slice(0, 10);
  return `${runObjectName(record.run)}-${id}`;
}

function parse(object: KubeObject): RunRecord | WorkloadRecord {
  const name = `${object.metadata.namespace}/ConfigMap/${object.metadata.name}`;
  const data = object['data'];
  const text = isJsonObject(data) ? data['record'] : undefined;
  if (typeof text !== 'string')
    throw new ChangeoverError('refused', 'the record holds no data', { target: name, hint: 'Somebody edited it; restore it from the local journal.' });
  return readRecord(text, name);
}
