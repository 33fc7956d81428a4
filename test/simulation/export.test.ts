import { describe, expect, it } from 'vitest';
import { loadedAgents, pullImage } from '../../src/adapters/simulated/image-runtime.ts';
import { exportChanges } from '../../src/app/export-changes.ts';
import { applyJsonPatch } from '../../src/adapters/simulated/apply-json-patch.ts';
import type { ExportedWorkload, NotExported } from '../../src/core/export/export-workload.ts';
import { helmFiles, isOfChart } from '../../src/core/export/helm-files.ts';
import { kustomizeFiles } from '../../src/core/export/kustomize-files.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { parsePolicy } from '../../src/core/policy/parse-policy.ts';
import { editState } from '../../src/core/workload/edit-patch.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import { containers, podSpec, podTemplate } from '../../src/core/workload/pod-template.ts';
import type { Container } from '../../src/core/workload/workload.ts';
import { applyToTheEnd, openSimulation, type Simulation, type SimulatedService } from './open-simulation.ts';

const argo = { annotations: { 'argocd.argoproj.io/tracking-id': 'shop-app:apps/Deployment:shop/orders' } };
const helm = { annotations: { 'meta.helm.sh/release-name': 'pay' }, labels: { 'app.kubernetes.io/managed-by': 'Helm', 'helm.sh/chart': 'payments-1.2.3' } };
const flux = { labels: { 'helm.toolkit.fluxcd.io/name': 'login', 'helm.toolkit.fluxcd.io/namespace': 'shop' } };
const operator = { ownerReferences: [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'x', uid: 'u', controller: true }] };

describe('the export of a plan', () => {
  it('has the very change that a run makes, for what it changes and for what its owner would undo', async () => {
    const { exported, simulation } = await exportOf([
      { name: 'orders', metadata: argo },
      { name: 'payments', metadata: helm },
    ]);

    const [orders, payments] = exported;
    expect(simulation.plan.items.map((item) => item.action)).toEqual(['skip', 'migrate']);
    expect([orders?.image.by, payments?.image.by]).toEqual(['image-rewrite', 'apply']);
    const item = simulation.plan.items[1];
    if (item?.action !== 'migrate' || !payments || !orders) throw new Error('not planned');
    expect(editState(patched(payments), item.edits)).toBe('after');
    expect(JSON.stringify(patched(orders)['spec'])).toContain(orders.reference);
  });

  it('tests every old value, so that another base is refused', async () => {
    const { exported } = await exportOf([{ name: 'orders', metadata: argo }]);
    const [orders] = exported;
    if (!orders) throw new Error('not exported');

    const other = JSON.parse(JSON.stringify(orders.object).replaceAll('shop/orders:1', 'shop/orders:2')) as KubeObject;

    expect(() => applyJsonPatch(other, orders.ops, 'orders')).toThrow(/test/);
  });

  it('leaves alone what an operator owns, and what would not be changed anyway, and says why', async () => {
    const { exported, left } = await exportOf([
      { name: 'orders', metadata: operator },
      { name: 'web', stack: 'no-jvm', container: { env: [] } },
    ]);

    expect(exported).toEqual([]);
    expect(left.map((each) => [each.id, each.skip.id])).toEqual([
      ['shop/Deployment/orders', 'owner-reverts'],
      ['shop/Deployment/web', 'no-agent'],
    ]);
  });
});

describe('image and variables, when the owner of one of them goes back', () => {
  it.each([
    ['takeover', { oldOld: ['skywalking'], oldNew: ['skywalking'], newOld: ['opentelemetry'], newNew: ['opentelemetry'] }],
    // The old image with the new variables runs without any agent: finding `coupled-flag`.
    ['image', { oldOld: ['skywalking'], oldNew: [], newOld: ['opentelemetry', 'opentelemetry'], newNew: ['opentelemetry'] }],
  ])('always boot, with delivery: %s', async (delivery, expected) => {
    const { exported, simulation } = await exportOf([{ name: 'payments', metadata: helm }], { delivery });
    const [payments] = exported;
    if (!payments) throw new Error('not exported');
    await applyToTheEnd(simulation);
    const [before] = containers(podSpec(podTemplate(payments.object)));
    const [after] = containers(podSpec(podTemplate(patched(payments))));
    if (!before || !after) throw new Error('no container');
    const { ports } = simulation.openEngine();
    const agents = async (container: Container, image: string): Promise<readonly (string | undefined)[]> => {
      const pulled = await pullImage(ports, image);
      return pulled ? loadedAgents({ ...container, image }, pulled).map((each) => each.agent) : ['no image'];
    };

    const booted = {
      oldOld: await agents(before, before.image),
      oldNew: await agents(after, before.image),
      newOld: await agents(before, after.image),
      newNew: await agents(after, after.image),
    };

    expect(booted).toEqual(expected);
  });
});

describe('files for kustomize', () => {
  it('are a component for each owner, with a patch for each workload', async () => {
    const { exported } = await exportOf([
      { name: 'orders', metadata: argo },
      { name: 'web', metadata: argo },
      { name: 'payments', metadata: helm },
    ]);

    const files = kustomizeFiles(exported);

    expect(files.map((file) => file.path)).toEqual([
      'shop/shop-app/kustomization.yaml',
      'shop/shop-app/deployment-orders.yaml',
      'shop/shop-app/deployment-web.yaml',
      'shop/pay/kustomization.yaml',
      'shop/pay/deployment-payments.yaml',
    ]);
    expect(valueOf(files[0])).toMatchObject({
      kind: 'Component',
      patches: [
        { path: 'deployment-orders.yaml', target: { group: 'apps', version: 'v1', kind: 'Deployment', name: 'orders' } },
        { path: 'deployment-web.yaml' },
      ],
    });
  });
});

describe('files for Helm', () => {
  it('are values where the object looks like that of a chart made by helm create, and only the image changes', async () => {
    const { exported } = await exportOf([{ name: 'payments', metadata: helm }]);

    const [file, ...others] = helmFiles(exported);

    const { repository, tag } = (valueOf(file) as { image: { repository: string; tag: string } }).image;
    expect(`${repository}:${tag}`).toBe(exported[0]?.reference);
    expect(repository).toBe('registry.example.com/shop/payments');
    expect(others).toEqual([]);
  });

  it.each<[string, JsonObject, readonly string[]]>([
    [
      'of another chart',
      { ...helm, labels: { ...helm.labels, 'helm.sh/chart': 'backend-1.2.3' } },
      ['kustomization.yaml', 'run.sh', 'deployment-payments.yaml'],
    ],
    ['of no named chart', { annotations: helm.annotations }, ['kustomization.yaml', 'run.sh', 'deployment-payments.yaml']],
    ['of a HelmRelease', flux, ['helm-release.yaml']],
  ])('are patches behind the chart for a workload %s', async (_what, metadata, names) => {
    const { exported } = await exportOf([{ name: 'payments', metadata }]);

    const files = helmFiles(exported);

    expect(exported.every(isOfChart)).toBe(true);
    expect(files.map((file) => file.path.split('/').at(-1))).toEqual(names);
  });

  it('are no values where pod variables change as well', async () => {
    const { exported } = await exportOf([{ name: 'payments', metadata: helm }], { delivery: 'image' });

    expect(exported.map((each) => each.imageAlone)).toEqual([false]);
    expect(helmFiles(exported).map((file) => file.path.split('/').at(-1))).toContain('kustomization.yaml');
  });
});

async function exportOf(
  services: readonly SimulatedService[],
  spec: JsonObject = {},
): Promise<{ readonly exported: readonly ExportedWorkload[]; readonly left: readonly NotExported[]; readonly simulation: Simulation }> {
  const simulation = await openSimulation({ services, spec });
  const policy = parsePolicy(simulation.plan.policy, { file: 'policy', position: () => undefined });
  return { ...(await exportChanges(simulation.openEngine().ports, { policy, layerScan: true, allow: [] })), simulation };
}

function patched({ object, ops }: ExportedWorkload): KubeObject {
  return applyJsonPatch(object, ops, 'patched') as KubeObject;
}

function valueOf(file: ReturnType<typeof kustomizeFiles>[number] | undefined): unknown {
  return file && 'value' in file ? file.value : undefined;
}
