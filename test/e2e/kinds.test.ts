import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentObject } from '../../lab/fleet/service-manifests.ts';
import { applyObjects, getJson, kubectl } from '../../lab/kubectl.ts';
import { lab } from '../../lab/lab.ts';
import type { RunStatus } from '../../src/core/rollout/run-status.ts';
import { customDefinitions, runCustomControllers } from './custom-controllers.ts';
import { json, run, workFolder, writePolicy } from './changeover.ts';

const NAMESPACE = 'kinds-e2e';
const STATE = 'kinds-state';
const OLD = `${lab.registry}/shop/orders:1.0`;

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly containers: readonly { readonly image: string }[] };
}

/**
 * On a real API server with real JVMs, as an account with exactly the rights that `doctor --rbac` prints. StatefulSet and DaemonSet
 * have their own controllers; those of Rollout and CloneSet are scripted, since the real ones are not part of the lab.
 */
describe('other kinds than Deployments', () => {
  const folder = workFolder();
  const as = ['--as', `system:serviceaccount:${STATE}:changeover`, '--state-namespace', STATE];
  const admin = { KUBECONFIG: lab.adminKubeconfig };
  const stop = new AbortController();
  let playing = Promise.resolve();
  let rights = '';

  beforeAll(async () => {
    writePolicy(folder, {
      select: { namespaces: [NAMESPACE], kinds: ['StatefulSet', 'DaemonSet', 'Rollout', 'CloneSet'] },
      rollout: { soak: '5s', waves: [10], maxFailures: 5 },
    });
    rights = (await run(folder, ['doctor', '--rbac', 'apply', '-p', 'policy.yaml', '--state-namespace', STATE], admin)).stdout;
    await applyObjects([...customDefinitions, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }]);
    await kubectl(['wait', '--for=condition=Established', 'crd/rollouts.argoproj.io', 'crd/clonesets.apps.kruise.io', '--timeout=30s']);
    await kubectl(['apply', '-f', '-'], { input: rights });
    // A stand-in for a change that kills: whatever holds our folder is restarted by its liveness probe and never Ready.
    const exec = { command: ['sh', '-c', '! test -e /changeover'] };
    const allergic = {
      livenessProbe: { exec, periodSeconds: 2, timeoutSeconds: 20, failureThreshold: 3 },
      readinessProbe: { httpGet: null, exec, timeoutSeconds: 20 },
    };
    await applyObjects([statefulSet('ledger', 2), statefulSet('stuck', 1, allergic), daemonSet('node-agent')]);
    await applyObjects([custom('argoproj.io/v1alpha1', 'Rollout'), custom('apps.kruise.io/v1alpha1', 'CloneSet')]);
    playing = runCustomControllers(NAMESPACE, stop.signal);
    for (const name of ['statefulset/ledger', 'statefulset/stuck', 'daemonset/node-agent'])
      await kubectl(['rollout', 'status', name, '-n', NAMESPACE, '--timeout=240s']);
    for (const app of ['rollout', 'cloneset']) await kubectl(['wait', '--for=condition=Ready', 'pod', '-l', `app=${app}`, '-n', NAMESPACE, '--timeout=240s']);
  });

  afterAll(async () => {
    stop.abort();
    await playing;
    await kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']);
    await kubectl(['delete', '-f', '-', '--ignore-not-found', '--wait=false'], { input: rights });
    await kubectl(['delete', 'crd', 'rollouts.argoproj.io', 'clonesets.apps.kruise.io', '--ignore-not-found', '--wait=false']);
  });

  it('are moved by whatever controls them, judged on their pods, and a StatefulSet whose new pod never starts comes back whole', async () => {
    const before = await getJson<{ readonly spec: unknown }>('statefulset', 'stuck', '-n', NAMESPACE);
    const [old] = await podsOf('stuck');

    await run(folder, ['plan', '-p', 'policy.yaml', '--out', 'plan.json', ...as.slice(0, 2)], admin);
    const applied = await run(folder, ['apply', 'plan.json', '--yes', ...as], admin);
    const status = json<RunStatus>(await run(folder, ['status', '-o', 'json', ...as], admin));

    expect(applied.code, `${applied.stdout}\n${applied.stderr}`).toBe(0);
    expect(status.counts).toMatchObject({ migrated: 4, 'rolled-back': 1, failed: 0 });
    for (const app of ['ledger', 'node-agent', 'rollout', 'cloneset'])
      for (const pod of await podsOf(app)) expect(pod.spec.containers[0]?.image).toContain('-otel-');
    const [pod] = await podsOf('stuck');
    expect(pod?.spec.containers[0]?.image).toBe(OLD);
    expect(pod?.metadata.uid).not.toBe(old?.metadata.uid);
    expect((await getJson<{ readonly spec: unknown }>('statefulset', 'stuck', '-n', NAMESPACE)).spec).toEqual(before.spec);
  });
});

function custom(apiVersion: string, kind: string): object {
  const { metadata, spec } = deployment(kind.toLowerCase(), {});
  const { strategy: _strategy, progressDeadlineSeconds: _deadline, ...rest } = spec;
  return { apiVersion, kind, metadata, spec: rest };
}

function statefulSet(name: string, replicas: number, container: object = {}): object {
  const { metadata, spec } = deployment(name, container);
  const { strategy: _strategy, progressDeadlineSeconds: _deadline, ...rest } = spec;
  return { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec: { ...rest, replicas, serviceName: name } };
}

function daemonSet(name: string): object {
  const { metadata, spec } = deployment(name, {});
  const { strategy: _strategy, progressDeadlineSeconds: _deadline, replicas: _replicas, ...rest } = spec;
  return { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec: rest };
}

function deployment(name: string, container: object): { readonly metadata: object; readonly spec: { readonly [member: string]: unknown } } {
  const agent = { kind: 'skywalking', settings: 'environment' } as const;
  const spec = { name, replicas: 1, image: 'shop/orders:1.0', agent, container: { lifecycle: null, ...container } };
  return deploymentObject(spec, NAMESPACE) as ReturnType<typeof deployment>;
}

async function podsOf(app: string): Promise<readonly Pod[]> {
  return (await getJson<{ readonly items: readonly Pod[] }>('pods', '-n', NAMESPACE, '-l', `app=${app}`)).items;
}
