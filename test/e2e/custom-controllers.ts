import { createHash } from 'node:crypto';
import { applyObjects, getJson, kubectl } from '../../lab/kubectl.ts';

interface Live {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly generation: number;
    readonly deletionTimestamp?: string;
    readonly labels?: Labels;
  };
  readonly spec: {
    readonly replicas: number;
    readonly selector: object;
    readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: object };
  };
  readonly status?: { readonly readyReplicas?: number };
}

type Labels = Readonly<Record<string, string>>;

/** The two custom kinds as a real API server knows them: every field is kept, status is apart. */
export const customDefinitions = [
  definition('argoproj.io', { kind: 'Rollout', plural: 'rollouts' }),
  definition('apps.kruise.io', { kind: 'CloneSet', plural: 'clonesets' }),
] as const;

/** Plays the controllers of both kinds in one namespace until the signal fires, one replica each, a look a second. */
export async function runCustomControllers(namespace: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const rollout of await list('rollouts.argoproj.io', namespace)) await playRollout(rollout, namespace);
    for (const set of await list('clonesets.apps.kruise.io', namespace)) await playCloneSet(set, namespace);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

/** A ReplicaSet per template, which the real controller-manager fills with pods; old ones go once the new one is Ready. */
async function playRollout(rollout: Live, namespace: string): Promise<void> {
  const { name } = rollout.metadata;
  const hash = hashOf(rollout.spec.template);
  const labels = { ...rollout.spec.template.metadata.labels, 'rollouts-pod-template-hash': hash };
  const set = (replicas: number): object => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: `${name}-${hash}`, namespace, labels, ownerReferences: [ownerOf(rollout, 'argoproj.io/v1alpha1', 'Rollout')] },
    spec: { replicas, selector: { matchLabels: labels }, template: { ...rollout.spec.template, metadata: { ...rollout.spec.template.metadata, labels } } },
  });
  await applyObjects([set(1)]);
  const sets = (await list('replicasets', namespace)).filter((each) => each.metadata.labels?.['app'] === name);
  const isReady = sets.some((each) => each.metadata.name === `${name}-${hash}` && each.status?.readyReplicas === 1);
  for (const old of sets.filter((each) => each.metadata.name !== `${name}-${hash}` && each.spec.replicas > 0 && isReady))
    await kubectl(['scale', 'replicaset', old.metadata.name, '-n', namespace, '--replicas=0']);
  await publish('rollouts.argoproj.io', rollout, { namespace, status: { observedGeneration: String(rollout.metadata.generation), updatedReplicas: 1 } });
}

/** A ControllerRevision per template; the one pod is deleted and made anew. */
async function playCloneSet(set: Live, namespace: string): Promise<void> {
  const { name } = set.metadata;
  const hash = hashOf(set.spec.template);
  const labels = set.spec.template.metadata.labels;
  const owner = ownerOf(set, 'apps.kruise.io/v1alpha1', 'CloneSet');
  const revision = { metadata: { name: `${name}-${hash}`, namespace, labels, ownerReferences: [owner] }, data: { spec: { template: set.spec.template } } };
  const known = await list('controllerrevisions', namespace);
  if (!known.some((each) => each.metadata.name === revision.metadata.name))
    await applyObjects([{ apiVersion: 'apps/v1', kind: 'ControllerRevision', ...revision, revision: known.length + 1 }]);
  const pods = (await list('pods', namespace)).filter((pod) => pod.metadata.labels?.['app'] === name);
  const isNew = (pod: Live): boolean => pod.metadata.labels?.['controller-revision-hash'] === revision.metadata.name;
  const old = pods.find((pod) => !isNew(pod) && pod.metadata.deletionTimestamp === undefined);
  if (old) await kubectl(['delete', 'pod', old.metadata.name, '-n', namespace, '--wait=false']);
  else if (pods.length === 0) {
    const { metadata, spec } = set.spec.template;
    const made = {
      ...metadata,
      name: `${name}-${hash}`,
      namespace,
      labels: { ...labels, 'controller-revision-hash': revision.metadata.name },
      ownerReferences: [owner],
    };
    await applyObjects([{ apiVersion: 'v1', kind: 'Pod', metadata: made, spec }]);
  }
  const status = { observedGeneration: set.metadata.generation, updatedReplicas: pods.filter(isNew).length };
  await publish('clonesets.apps.kruise.io', set, { namespace, status });
}

async function publish(resource: string, object: Live, { namespace, status }: { readonly namespace: string; readonly status: object }): Promise<void> {
  const patch = JSON.stringify({ status });
  await kubectl(['patch', resource, object.metadata.name, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch]);
}

async function list(resource: string, namespace: string): Promise<readonly Live[]> {
  return (await getJson<{ readonly items: readonly Live[] }>(resource, '-n', namespace)).items;
}

function ownerOf(object: Live, apiVersion: string, kind: string): object {
  return { apiVersion, kind, name: object.metadata.name, uid: object.metadata.uid, controller: true, blockOwnerDeletion: true };
}

function hashOf(template: object): string {
  return createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
}

function definition(group: string, { kind, plural }: { readonly kind: string; readonly plural: string }): object {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const version = { name: 'v1alpha1', served: true, storage: true, subresources: { status: {} }, schema };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: 'Namespaced', names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` }, versions: [version] },
  };
}
