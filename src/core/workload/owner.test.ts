import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { judgeSync } from './judge-sync.ts';
import type { KubeObject, ObjectMeta } from './kube-object.ts';
import { detectOwner, ownerReverts } from './owner.ts';

type Meta = Omit<ObjectMeta, 'name'>;

const image = { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"orders"}': { '.': {}, 'f:image': {} } } } } } };
const revision = { 'f:metadata': { 'f:annotations': { 'f:deployment.kubernetes.io/revision': {} } }, 'f:status': {} };

const marks: readonly (readonly [what: string, meta: Meta, owner: JsonObject])[] = [
  ['nothing', {}, { kind: 'none' }],
  [
    "Argo CD's tracking annotation",
    { annotations: { 'argocd.argoproj.io/tracking-id': 'shop-orders:apps/Deployment:shop/orders' } },
    { kind: 'argo-cd', name: 'shop-orders', reverts: 'unknown' },
  ],
  [
    "Argo CD's tracking annotation of an Application outside its own namespace",
    { annotations: { 'argocd.argoproj.io/tracking-id': 'team-a_orders:apps/Deployment:shop/orders' } },
    { kind: 'argo-cd', name: 'orders', namespace: 'team-a' },
  ],
  ["Argo CD's own instance label", { labels: { 'argocd.argoproj.io/instance': 'orders' } }, { kind: 'argo-cd', name: 'orders' }],
  [
    'the common instance label, applied by Argo CD',
    { labels: { 'app.kubernetes.io/instance': 'orders' }, managedFields: [applied('argocd-controller', image)] },
    { kind: 'argo-cd', name: 'orders', shownBy: 'managedFields argocd-controller' },
  ],
  ['the common instance label alone, as many charts set it', { labels: { 'app.kubernetes.io/instance': 'orders' } }, { kind: 'none' }],
  [
    'a chart rendered by Argo CD',
    {
      labels: { 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/instance': 'orders' },
      annotations: { 'argocd.argoproj.io/tracking-id': 'orders:apps/Deployment:shop/orders' },
    },
    { kind: 'argo-cd', name: 'orders' },
  ],
  [
    'a Flux Kustomization',
    {
      labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' },
      managedFields: [applied('kustomize-controller', image)],
    },
    { kind: 'flux', by: 'Kustomization', name: 'apps', namespace: 'flux-system', reverts: 'unknown' },
  ],
  [
    'a Flux Kustomization, with the workload left alone',
    { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' }, annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' } },
    { kind: 'flux', reverts: 'no', because: 'reconcile-disabled' },
  ],
  [
    'a Flux HelmRelease, which leaves the marks of Helm as well',
    {
      labels: { 'helm.toolkit.fluxcd.io/name': 'orders', 'helm.toolkit.fluxcd.io/namespace': 'shop', 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': 'orders', 'meta.helm.sh/release-namespace': 'shop' },
    },
    { kind: 'flux', by: 'HelmRelease', name: 'orders', namespace: 'shop' },
  ],
  ['fields managed by helm-controller', { managedFields: [applied('helm-controller', image)] }, { kind: 'flux', reverts: 'unknown' }],
  [
    'a Helm release',
    {
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': 'shop' },
      managedFields: [applied('helm', image)],
    },
    { kind: 'helm', name: 'shop', namespace: 'shop', shownBy: 'annotation meta.helm.sh/release-name' },
  ],
  ['a managed-by label of Helm alone', { labels: { 'app.kubernetes.io/managed-by': 'Helm' } }, { kind: 'helm' }],
  ['fields managed by helm', { managedFields: [applied('helm', image)] }, { kind: 'helm', shownBy: 'managedFields helm' }],
  ['kubectl apply', { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } }, { kind: 'kubectl' }],
  ['kubectl set image', { managedFields: [applied('kubectl-set', image)] }, { kind: 'kubectl', shownBy: 'managedFields kubectl-set' }],
  [
    'a release system that sets the image, beside the controllers of Kubernetes',
    { managedFields: [applied('release-bot', image), applied('kube-controller-manager', revision, { subresource: 'status' })] },
    { kind: 'release-system', name: 'release-bot' },
  ],
  [
    'kubectl rollout restart of what a release system deploys',
    { managedFields: [applied('release-bot', image), applied('kubectl-rollout', { 'f:spec': { 'f:template': { 'f:metadata': {} } } })] },
    { kind: 'release-system', name: 'release-bot' },
  ],
  ['our own change', { managedFields: [applied('changeover', image)] }, { kind: 'none' }],
  [
    'a controller, also where Argo CD deploys what it controls',
    {
      ownerReferences: [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'orders', uid: 'u', controller: true }],
      annotations: { 'argocd.argoproj.io/tracking-id': 'orders:apps/Deployment:shop/orders' },
    },
    { kind: 'operator', name: 'Canary/orders', reverts: 'yes' },
  ],
  ['an owner that is no controller', { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'orders', uid: 'u' }] }, { kind: 'none' }],
  ['Reloader', { annotations: { 'reloader.stakater.com/auto': 'true' } }, { kind: 'none', reloader: true }],
  ['Reloader for ConfigMaps by name', { annotations: { 'configmap.reloader.stakater.com/reload': 'orders' } }, { kind: 'none', reloader: true }],
];

describe('the owner of a workload', () => {
  it.each(marks)('is told by %s', (_what, meta, owner) => {
    const found = detectOwner(deployment(meta));

    expect(found).toMatchObject(owner);
    expect(found.reloader).toBe(owner['reloader']);
  });

  it('is told to edit templates by an annotation of Reloader on the template', () => {
    const spec = { template: { metadata: { annotations: { 'reloader.stakater.com/auto': 'true' } } } };

    expect(detectOwner({ ...deployment({}), spec }).reloader).toBe(true);
  });

  it('is not told by Reloader switched off', () => {
    expect(detectOwner(deployment({ annotations: { 'reloader.stakater.com/auto': 'false' } }))).toEqual({ kind: 'none' });
  });
});

const argo = detectOwner(deployment({ annotations: { 'argocd.argoproj.io/tracking-id': 'orders:apps/Deployment:shop/orders' } }));
const kustomization = detectOwner(deployment({ labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } }));
const release = detectOwner(deployment({ labels: { 'helm.toolkit.fluxcd.io/name': 'orders' } }));

describe('a direct change', () => {
  it.each([
    {
      under: 'Argo CD with self-heal',
      owner: argo,
      object: spec({ syncPolicy: { automated: { prune: true, selfHeal: true } } }),
      reverted: true,
      because: 'self-heal',
    },
    { under: 'Argo CD without self-heal', owner: argo, object: spec({ syncPolicy: { automated: {} } }), reverted: false, because: 'no-self-heal' },
    {
      under: 'Argo CD with automated sync switched off',
      owner: argo,
      object: spec({ syncPolicy: { automated: { enabled: false, selfHeal: true } } }),
      reverted: false,
      because: 'manual-sync',
    },
    { under: 'Argo CD that syncs by hand', owner: argo, object: spec({}), reverted: false, because: 'manual-sync' },
    { under: 'an Application we may not read', owner: argo, object: 'denied', reverted: true, because: 'sync-object-denied' },
    { under: 'an Application that is not found', owner: argo, object: 'absent', reverted: true, because: 'sync-object-absent' },
    { under: 'a Kustomization', owner: kustomization, object: spec({ interval: '10m' }), reverted: true, because: 'reconciles' },
    { under: 'a suspended Kustomization', owner: kustomization, object: spec({ suspend: true }), reverted: false, because: 'suspended' },
    { under: 'a HelmRelease', owner: release, object: spec({}), reverted: false, because: 'no-drift-correction' },
    {
      under: 'a HelmRelease that only warns of drift',
      owner: release,
      object: spec({ driftDetection: { mode: 'warn' } }),
      reverted: false,
      because: 'no-drift-correction',
    },
    {
      under: 'a HelmRelease with drift correction',
      owner: release,
      object: spec({ driftDetection: { mode: 'enabled' } }),
      reverted: true,
      because: 'drift-correction',
    },
    {
      under: 'a suspended HelmRelease with drift correction',
      owner: release,
      object: spec({ suspend: true, driftDetection: { mode: 'enabled' } }),
      reverted: false,
      because: 'suspended',
    },
  ] as const)('under $under', ({ owner, object, reverted, because }) => {
    const judged = judgeSync(owner, object);

    expect(ownerReverts(judged)).toBe(reverted);
    expect(judged.because).toBe(because);
  });

  it('is undone by an operator, and stays under Helm, kubectl and nobody', () => {
    const operator = detectOwner(deployment({ ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'x', uid: 'u', controller: true }] }));

    expect(ownerReverts(operator)).toBe(true);
    for (const kind of ['helm', 'kubectl', 'release-system', 'none'] as const) expect(ownerReverts({ kind })).toBe(false);
  });
});

function deployment(meta: Meta): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'orders', namespace: 'shop', ...meta } };
}

function spec(value: JsonObject): KubeObject {
  return { apiVersion: 'v1', kind: 'Any', metadata: { name: 'orders' }, spec: value };
}

function applied(manager: string, fieldsV1: JsonObject, more: JsonObject = {}): JsonObject {
  return { manager, operation: 'Apply', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1, ...more };
}
