import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyObjects, kubectl } from '../kubectl.ts';
import { addresses, sources } from '../paths.ts';
import { runCommand } from '../run-command.ts';
import { sidecarLabel } from '../stand-ins/sidecar-webhook.ts';
import { pki } from './certificates.ts';

/** Creates the namespaces and the rights in them. */
export async function applyNamespacesAndRights(): Promise<void> {
  await applyObjects(['changeover', 'shop', 'store', 'carriers', 'observability'].map((name) => namespaceObject(name)));
  await applyRights();
}

/** Gives the product's ServiceAccount exactly the rights that `changeover doctor --rbac` prints, and `viewer` those of `rbac.yaml`. */
export async function applyRights(): Promise<void> {
  const printed = await runCommand(join(sources, '../bin/changeover'), ['doctor', '--rbac', 'apply', '-p', join(sources, 'policy.yaml')]);
  await kubectl(['apply', '-f', '-'], { input: printed });
  await kubectl(['apply', '-f', join(sources, 'rbac.yaml')]);
}

/** A namespace in which pods that ask for a sidecar get one. */
export function namespaceObject(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'istio-injection': 'enabled' } } };
}

/** Makes what runs beside the cluster reachable from inside it, and the mesh's webhook known to it. */
export async function applyOutsideServices(): Promise<void> {
  await applyObjects([...jaegerService(), sidecarWebhook()]);
}

/** Waits until Jaeger's Service has its endpoint; needs a Ready node. */
export async function waitForOutsideServices(): Promise<void> {
  await kubectl(['wait', 'pod/jaeger', '-n', 'observability', '--for=condition=Ready', '--timeout=60s']);
}

/** SkyWalking's backend as a Service of the fleet's namespace: one without a selector, and the one listener behind it, on the host as pods see it. */
export function oapService(namespace: string, listener: string = addresses.oap): readonly object[] {
  const ports = toPorts({ grpc: listener });
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'oap', namespace }, spec: { ports: toPorts({ grpc: addresses.oap }) } };
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'oap-host', namespace, labels: { 'kubernetes.io/service-name': 'oap' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [addresses.bridge], conditions: { ready: true } }],
    ports,
  };
  return [service, slice];
}

/** The API server proxies to addresses of pods alone: a pod that does nothing in the host's network lends Jaeger, which listens there, its address. */
function jaegerService(): readonly object[] {
  const ports = toPorts({ query: addresses.jaegerQuery, 'otlp-grpc': addresses.otlpGrpc, 'otlp-http': addresses.otlpHttp });
  const metadata = { name: 'jaeger', namespace: 'observability' };
  const containers = [{ name: 'host-address', image: `${addresses.registry}/pause:1` }];
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, labels: { app: 'jaeger' } },
    spec: { serviceAccountName: 'jaeger', automountServiceAccountToken: false, hostNetwork: true, terminationGracePeriodSeconds: 1, containers },
  };
  return [{ apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: 'jaeger' }, ports } }, account, pod];
}

function toPorts(listeners: Readonly<Record<string, string>>): readonly object[] {
  return Object.entries(listeners).map(([name, address]) => ({ name, port: Number(address.split(':')[1]), protocol: 'TCP' }));
}

function sidecarWebhook(): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'sidecar-stand-in' },
    webhooks: [
      {
        name: 'sidecar-stand-in.lab.changeover.dev',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        timeoutSeconds: 5,
        clientConfig: { url: `https://${addresses.webhook}/`, caBundle: readFileSync(pki('ca.crt')).toString('base64') },
        namespaceSelector: { matchLabels: { 'istio-injection': 'enabled' } },
        objectSelector: { matchExpressions: [{ key: sidecarLabel, operator: 'Exists' }] },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
      },
    ],
  };
}
