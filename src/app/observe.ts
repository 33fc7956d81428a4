import type { Observation, ProofState } from '../core/rollout/observation.ts';
import type { WorkloadRecord } from '../core/rollout/run-record.ts';
import { INTENT } from '../core/rollout/marker.ts';
import { agents } from '../core/agents/agents.ts';
import type { KubeObject } from '../core/workload/kube-object.ts';
import { kindOf } from '../core/workload/kinds/kind-of.ts';
import { isBeforeUpdate, sinceUpdate } from '../core/workload/kinds/in-place.ts';
import { isPodOf, revisionNumber } from '../core/workload/kinds/revision.ts';
import { podTemplate, templateAnnotations } from '../core/workload/pod-template.ts';
import { viewPod, type PodView } from '../core/workload/pod-view.ts';
import type { Workload } from '../core/workload/workload.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import { readBelow } from './read-workload.ts';
import { workloadRef } from './resources.ts';

/** The agent's line must come within this time of the container's start, and within this many bytes. */
const PROOF_MS = 60_000;
const PROOF_BYTES = 1024 * 1024;

export interface ObserveOptions {
  /** The agent every new pod must show; undefined = no proof is asked for. */
  readonly proofOf: string | undefined;
  readonly signal?: AbortSignal;
}

/** Reads one workload in flight: the object, its revisions and pods, and what new pods' logs prove. Reads only. */
export async function observe(
  ports: { readonly cluster: Cluster; readonly clock: Clock },
  record: WorkloadRecord,
  options: ObserveOptions,
): Promise<Observation> {
  const { cluster, clock } = ports;
  const { signal } = options;
  const object = await cluster.get(workloadRef(record.item.id), signal);
  const at = clock.now();
  if (!object || object.metadata.uid !== record.item.uid) return { at, object, intentSet: undefined, newPods: [], oldPods: [], proofs: {} };
  const workload = await readBelow(cluster, object, signal);
  const intentSet = findIntent(workload, record.intent);
  const views = workload.pods.map((pod) => ({ pod, view: viewPod(pod) }));
  const isNew = ({ pod, view }: (typeof views)[number]): boolean => intentSet !== undefined && isPodOf(pod, intentSet) && !isBeforeUpdate(pod, view);
  const newPods = views.filter(isNew).map(({ pod, view }) => sinceUpdate(pod, view));
  const oldPods = views.filter((each) => !isNew(each)).map(({ view }) => view);
  const proofs =
    options.proofOf === undefined ? {} : await readProofs(ports, record, { pods: newPods, target: options.proofOf, ...(signal ? { signal } : {}) });
  return { at: clock.now(), object, intentSet, newPods, oldPods, proofs };
}

/** The newest revision whose template carries an intent; a kind that keeps none has it in the object itself. */
export function findIntent({ object, replicaSets }: Workload, intent: string | undefined): KubeObject | undefined {
  if (intent === undefined) return undefined;
  const kept = kindOf(object).revisions === 'none' ? [object] : replicaSets;
  const ours = kept.filter((each) => templateAnnotations(podTemplate(each))?.[INTENT] === intent);
  return [...ours].sort((a, b) => revisionNumber(b) - revisionNumber(a))[0];
}

async function readProofs(
  ports: { readonly cluster: Cluster; readonly clock: Clock },
  record: WorkloadRecord,
  options: { readonly pods: readonly PodView[]; readonly target: string; readonly signal?: AbortSignal },
): Promise<Observation['proofs']> {
  const proofs = await Promise.all(
    options.pods.map(async (pod): Promise<readonly [string, ProofState]> => {
      if (record.proven?.includes(pod.uid)) return [pod.uid, { kind: 'target', line: '' }];
      const container = pod.containers.find((each) => each.name === record.item.container);
      const started = container?.runningSince;
      if (started === undefined) return [pod.uid, { kind: 'none', expired: false }];
      const query = { namespace: record.item.id.split('/')[0] ?? '', pod: pod.name, container: record.item.container, limitBytes: PROOF_BYTES };
      const log = await ports.cluster.logs(query, options.signal).catch(() => '');
      return [pod.uid, proofFromLog(log, options.target, ports.clock.now() - Date.parse(started) > PROOF_MS)];
    }),
  );
  return Object.fromEntries(proofs);
}

/** What the start of a log proves about the agent in the JVM. */
export function proofFromLog(log: string, target: string, expired: boolean): ProofState {
  const found = agents.map((agent) => agent.proveFromLog(log)).filter((proof) => proof !== undefined);
  const other = found.find((proof) => proof.agent !== target);
  const ours = found.find((proof) => proof.agent === target);
  if (ours && other) return { kind: 'both', line: other.line };
  if (other) return { kind: 'other', agent: other.agent, line: other.line };
  if (!ours) return { kind: 'none', expired };
  return { kind: 'target', line: ours.line, ...(ours.version === undefined ? {} : { version: ours.version }) };
}
