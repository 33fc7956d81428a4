import { describe, expect, it } from 'vitest';
import { assembleWorkloads } from '../../core/workload/assemble.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { viewPod, type PodView } from '../../core/workload/pod-view.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { PodScript, ScriptBook } from './pod-script.ts';
import { pushSampleImage, SAMPLE_JARS } from './sample-images.ts';
import { openSimulatedRegistry } from './simulated-registry.ts';
import { simulatedWorld, type SimulatedWorld, type WorldOptions } from './simulated-world.ts';
import { VirtualClock } from './virtual-clock.ts';

const OLD = 'registry.example.com/shop/orders:1';
const NEW = 'registry.example.com/shop/orders:2';
const deployments = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true } as const;
const ref = { resource: deployments, namespace: 'shop', name: 'orders' } as const;
const imagePath = '/spec/template/spec/containers/0/image';

describe('simulatedWorld', () => {
  it('rolls a Deployment out without ever having fewer available pods than it may', async () => {
    const { cluster, world } = await openShop({ replicas: 4 });
    const available: number[] = [];
    world.store.subscribe(({ object }) => {
      if (object.kind === 'Deployment') available.push(Number(status(object)['availableReplicas'] ?? 0));
    });

    await cluster.patch(ref, [{ op: 'replace', path: imagePath, value: NEW }]);
    await world.clock.sleep(120_000);

    const { pods } = await look(cluster);
    expect(Math.min(...available)).toBeGreaterThanOrEqual(3);
    expect(pods.map((pod) => pod.ready)).toEqual([true, true, true, true]);
    expect(new Set(pods.map((pod) => pod.containers[0]?.image))).toEqual(new Set([NEW]));
  });

  it('reports the observed generation late and the rollout as complete at the end', async () => {
    const { cluster, world } = await openShop();

    const patched = await cluster.patch(ref, [{ op: 'replace', path: imagePath, value: NEW }]);
    const before = status(patched)['observedGeneration'];
    await world.clock.sleep(60_000);
    const after = await cluster.get(ref);

    expect(before).not.toBe(patched.metadata.generation);
    expect(status(after)).toMatchObject({
      observedGeneration: patched.metadata.generation,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    });
    expect(conditionReason(after, 'Progressing')).toBe('NewReplicaSetAvailable');
  });

  it('copies annotations of the Deployment to its ReplicaSet, and an annotation raises the generation', async () => {
    const { cluster, world } = await openShop();
    const before = await cluster.get(ref);

    const patched = await cluster.patch(ref, [{ op: 'add', path: '/metadata/annotations/changeover.dev~1marker', value: 'm' }]);
    await world.clock.sleep(1_000);

    const { sets } = await look(cluster);
    expect(patched.metadata.generation).toBe((before?.metadata.generation ?? 0) + 1);
    expect(sets.map((set) => set.metadata.annotations?.['changeover.dev/marker'])).toEqual(['m']);
  });

  it('takes the old ReplicaSet back when the template is exactly the old one again', async () => {
    const { cluster, world } = await openShop();
    const [old] = (await look(cluster)).sets;
    await cluster.patch(ref, [{ op: 'replace', path: imagePath, value: NEW }]);
    await world.clock.sleep(60_000);

    await cluster.patch(ref, [{ op: 'replace', path: imagePath, value: OLD }]);
    await world.clock.sleep(60_000);

    const { sets, pods, object } = await look(cluster);
    expect(sets).toHaveLength(2);
    expect(sets.find((set) => set.metadata.uid === old?.metadata.uid)?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
    expect(object.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
    expect(new Set(pods.map((pod) => pod.containers[0]?.image))).toEqual(new Set([OLD]));
  });

  it('lets a crashing container loop with rising restarts, keeps the old pods, and shows the log of the run before', async () => {
    const { cluster, world } = await openShop({
      script: (_pod, container) => (container?.image === NEW ? { crashAtMs: 1_500, exitCode: 3, lastWords: ['boom'] } : {}),
    });

    await cluster.patch(ref, [{ op: 'replace', path: imagePath, value: NEW }]);
    await world.clock.sleep(45_000);

    const { pods } = await look(cluster);
    const broken = pods.find((pod) => pod.containers[0]?.image === NEW);
    const previous = await cluster.logs({ namespace: 'shop', pod: broken?.name ?? '', container: 'orders', limitBytes: 10_000, previous: true });
    expect(pods.filter((pod) => pod.ready && pod.containers[0]?.image === OLD)).toHaveLength(2);
    expect(broken?.ready).toBe(false);
    expect(broken?.containers[0]?.restarts).toBeGreaterThanOrEqual(2);
    expect(broken?.containers[0]?.waiting?.reason).toBe('CrashLoopBackOff');
    expect(broken?.containers[0]?.lastTerminated?.exitCode).toBe(3);
    expect(previous).toContain('boom');
  });

  it('fails to pull an image that does not exist, and says so', async () => {
    const { cluster, world } = await openShop();

    await cluster.patch(ref, [{ op: 'replace', path: imagePath, value: 'registry.example.com/shop/orders:none' }]);
    await world.clock.sleep(20_000);

    const broken = (await look(cluster)).pods.find((pod) => !pod.ready)?.containers[0]?.waiting;
    expect(broken?.reason).toMatch(/ErrImagePull|ImagePullBackOff/);
    expect(broken?.message).toContain('not found');
  });

  it('gets over a pull error that passes and a node that is missing for a while', async () => {
    const trouble: PodScript = { unschedulableMs: 30_000, pullError: { message: 'pull QPS exceeded', forMs: 25_000 } };
    const { cluster, world } = await openShop({ script: (pod) => (podImage(pod) === NEW ? trouble : {}) });

    await cluster.patch(ref, [{ op: 'replace', path: imagePath, value: NEW }]);
    await world.clock.sleep(20_000);
    const early = (await look(cluster)).pods.find((pod) => !pod.ready);
    await world.clock.sleep(25_000);
    const later = (await look(cluster)).pods.find((pod) => !pod.ready);
    await world.clock.sleep(180_000);

    expect(early?.unschedulable).toContain('nodes are available');
    expect(later?.containers[0]?.waiting?.message).toContain('pull QPS exceeded');
    expect((await look(cluster)).pods.every((pod) => pod.ready && pod.containers[0]?.image === NEW)).toBe(true);
  });

  it('reports a pod the API server does not take as ReplicaFailure', async () => {
    const { cluster, world } = await openShop({ script: (pod) => (podImage(pod) === NEW ? { refused: 'exceeded quota: compute' } : {}) });

    await cluster.patch(ref, [{ op: 'replace', path: imagePath, value: NEW }]);
    await world.clock.sleep(5_000);

    expect(conditionReason((await look(cluster)).object, 'ReplicaFailure')).toBe('FailedCreate');
  });

  it('makes a pod lose readiness and find it again', async () => {
    const { cluster, world } = await openShop({ script: () => ({ readyMs: 5_000, flapAtMs: 100_000, flaps: 1 }) });
    const first = (await look(cluster)).pods[0];

    await world.clock.sleep(75_000);
    const during = (await look(cluster)).pods[0];
    await world.clock.sleep(10_000);
    const after = (await look(cluster)).pods[0];

    expect([first?.ready, during?.ready, after?.ready]).toEqual([true, false, true]);
    expect(after?.readyTransition).not.toBe(first?.readyTransition);
  });

  it('reports a rollout that stands still as timed out, and the condition stays for a while after it was undone', async () => {
    const { cluster, world } = await openShop({ script: (_pod, container) => (container?.image === NEW ? { readyMs: 'never' } : {}) });

    await cluster.patch(ref, [{ op: 'replace', path: imagePath, value: NEW }]);
    await world.clock.sleep(660_000);
    const stuck = await cluster.get(ref);
    await cluster.patch(ref, [{ op: 'replace', path: imagePath, value: OLD }]);
    const undone = await cluster.get(ref);

    expect(conditionReason(stuck, 'Progressing')).toBe('ProgressDeadlineExceeded');
    expect(conditionReason(undone, 'Progressing')).toBe('ProgressDeadlineExceeded');
  });

  it('stops the old pods before it starts new ones with the strategy Recreate', async () => {
    const { cluster, world } = await openShop({ spec: { strategy: { type: 'Recreate' } } });
    const together: boolean[] = [];
    world.store.subscribe(() => {
      const images = world.store.list('v1', 'Pod').map(podImage);
      together.push(images.includes(OLD) && images.includes(NEW));
    });

    await cluster.patch(ref, [{ op: 'replace', path: imagePath, value: NEW }]);
    await world.clock.sleep(60_000);

    expect(together).not.toContain(true);
    expect((await look(cluster)).pods.map((pod) => pod.containers[0]?.image)).toEqual([NEW, NEW]);
  });

  it('does not roll a paused Deployment', async () => {
    const { cluster, world } = await openShop();

    await cluster.patch(ref, [
      { op: 'add', path: '/spec/paused', value: true },
      { op: 'replace', path: imagePath, value: NEW },
    ]);
    await world.clock.sleep(60_000);

    expect((await look(cluster)).pods.map((pod) => pod.containers[0]?.image)).toEqual([OLD, OLD]);
  });

  it('shows in the log which agent the JVM loads, and the digest it runs', async () => {
    const { cluster } = await openShop();

    const [pod] = (await look(cluster)).pods;
    const log = await cluster.logs({ namespace: 'shop', pod: pod?.name ?? '', container: 'orders', limitBytes: 100_000 });
    const head = await cluster.logs({ namespace: 'shop', pod: pod?.name ?? '', container: 'orders', limitBytes: 5 });

    expect(log).toContain('skywalking-agent.jar!/org/apache/skywalking');
    expect(log).not.toContain('otel.javaagent');
    expect(head).toBe('DEBUG');
    expect(pod?.containers[0]?.imageId).toMatch(/^registry\.example\.com\/shop\/orders@sha256:[0-9a-f]{64}$/);
  });

  it('injects sidecars into pods and not into templates, as native sidecars too', async () => {
    const sidecar = { name: 'istio-proxy', image: 'registry.example.com/shop/orders:1', restartPolicy: 'Always' };
    const mutatePod: WorldOptions['mutatePod'] = (pod) => ({ ...pod, spec: { ...(pod['spec'] as object), initContainers: [sidecar] } });
    const { cluster } = await openShop({ mutatePod });

    const { pods, object } = await look(cluster);

    expect(JSON.stringify(object['spec'])).not.toContain('istio-proxy');
    expect(pods[0]?.containers.map((each) => [each.name, each.init, each.ready])).toEqual([
      ['istio-proxy', true, true],
      ['orders', false, true],
    ]);
  });

  it('scales down to zero and deletes what a deleted Deployment owned', async () => {
    const { cluster, world } = await openShop();

    await cluster.patch(ref, [{ op: 'replace', path: '/spec/replicas', value: 0 }]);
    await world.clock.sleep(30_000);
    const scaled = await look(cluster);
    await cluster.delete(ref);
    await world.clock.sleep(30_000);

    expect(scaled.pods).toEqual([]);
    expect(world.store.list('apps/v1', 'ReplicaSet')).toEqual([]);
  });
});

async function openShop(
  options: { readonly replicas?: number; readonly script?: ScriptBook; readonly spec?: object } & Pick<WorldOptions, 'mutatePod'> = {},
): Promise<{ readonly cluster: Cluster; readonly world: SimulatedWorld }> {
  const registry = openSimulatedRegistry();
  for (const image of [OLD, NEW]) await pushSampleImage(registry, image, 'tomcat-skywalking');
  const { script, mutatePod } = options;
  const world = simulatedWorld({ clock: new VirtualClock(), registry, ...(script ? { scripts: script } : {}), ...(mutatePod ? { mutatePod } : {}) });
  const cluster = world.connect();
  await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  await cluster.create(deployment(options.replicas ?? 2, options.spec ?? {}));
  await world.clock.sleep(30_000);
  return { cluster, world };
}

function deployment(replicas: number, more: object): KubeObject {
  const container = { name: 'orders', image: OLD, env: [{ name: 'CATALINA_OPTS', value: `-Xmx512m -javaagent:${SAMPLE_JARS.skywalking}` }] };
  const template = { metadata: { labels: { app: 'orders' } }, spec: { containers: [container] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'orders', namespace: 'shop' },
    spec: { replicas, selector: { matchLabels: { app: 'orders' } }, template, ...more },
  };
}

async function look(cluster: Cluster): Promise<{ readonly object: KubeObject; readonly sets: readonly KubeObject[]; readonly pods: readonly PodView[] }> {
  const object = await cluster.get(ref);
  if (!object) throw new Error('no Deployment');
  const list = (apiVersion: string, kind: string): Promise<readonly KubeObject[]> =>
    cluster.list({ resource: { apiVersion, kind, plural: `${kind.toLowerCase()}s`, namespaced: true }, namespace: 'shop', labelSelector: 'app=orders' });
  const sets = await list('apps/v1', 'ReplicaSet');
  const [workload] = assembleWorkloads([object], sets, await list('v1', 'Pod'));
  return { object, sets, pods: (workload?.pods ?? []).map(viewPod) };
}

function podImage(pod: KubeObject): string | undefined {
  const spec = pod['spec'] as { readonly containers?: readonly { readonly image: string }[] } | undefined;
  return spec?.containers?.[0]?.image;
}

function status(object: KubeObject | undefined): { readonly [name: string]: unknown } {
  return (object?.['status'] ?? {}) as { readonly [name: string]: unknown };
}

function conditionReason(object: KubeObject | undefined, type: string): string | undefined {
  const conditions = (status(object)['conditions'] ?? []) as readonly { readonly type: string; readonly reason: string }[];
  return conditions.find((each) => each.type === type)?.reason;
}
