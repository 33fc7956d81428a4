import { applyObjects, getJson, kubectl } from '../../lab/kubectl.ts';
import { inspectPod, type Deployment, type JvmFacts } from './fleet-state.ts';

const label = 'boot-matrix';

/** A combination that other people's tools may leave behind: one template with the image of another. */
export interface Combination {
  /** Also the pod's name. */
  readonly name: string;
  readonly container: string;
  /** Whose command, variables and volumes the pod has. */
  readonly from: Deployment;
  readonly image: string;
}

export interface BootedPod extends JvmFacts {
  readonly restarts: number;
  readonly log: string;
}

interface PodStatus {
  readonly status: { readonly containerStatuses?: readonly { readonly name: string; readonly restartCount: number }[] };
}

/** Starts a pod for each combination and waits until all are Ready; throws when one never is. They take no part in any Service or Deployment. */
export async function bootAll(namespace: string, combinations: readonly Combination[]): Promise<ReadonlyMap<string, BootedPod>> {
  await applyObjects(combinations.map((each) => podObject(namespace, each)));
  await kubectl(['wait', 'pod', '-n', namespace, '-l', label, '--for=condition=Ready', '--timeout=180s']);
  const booted = await Promise.all(combinations.map(async ({ name, container }) => [name, await readBooted(namespace, name, container)] as const));
  return new Map(booted);
}

/** Deletes what {@link bootAll} started and does not wait for it. */
export async function removeBooted(namespace: string): Promise<void> {
  await kubectl(['delete', 'pod', '-n', namespace, '-l', label, '--wait=false', '--grace-period=0', '--force']);
}

async function readBooted(namespace: string, pod: string, container: string): Promise<BootedPod> {
  const [facts, { status }, log] = await Promise.all([
    inspectPod(namespace, pod, container),
    getJson<PodStatus>('pod', pod, '-n', namespace),
    kubectl(['logs', '-n', namespace, pod, '-c', container]),
  ]);
  return { ...facts, restarts: status.containerStatuses?.find((each) => each.name === container)?.restartCount ?? -1, log };
}

function podObject(namespace: string, { name, container, from, image }: Combination): object {
  const { spec } = from.spec.template;
  const containers = spec.containers.map((each) => (each.name === container ? { ...each, image } : each));
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels: { [label]: container } }, spec: { ...spec, containers } };
}
