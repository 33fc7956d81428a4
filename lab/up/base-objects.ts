import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyObjects, kubectl } from '../kubectl.ts';
import { addresses, sources } from '../paths.ts';
import { sidecarLabel } from '../stand-ins/sidecar-webhook.ts';
import { pki } from './certificates.ts';

/** Creates the namespaces and the rights of `rbac.yaml`. */
export async function applyNamespacesAndRights(): Promise<void> {
  await applyObjects(['changeover', 'shop', 'observability'].map((name) => namespaceObject(name)));
  await applyRights();
}

/** Applies `rbac.yaml`. */
export async function applyRights(): Promise<void> {
  await kubectl(['apply', '-f', join(sources, 'rbac.yaml')]);
}

/** A namespace in which pods that ask for a sidecar get one. */
export function namespaceObject(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'istio-injection': 'enabled' } } };
}

/** Makes what runs beside the cluster reachable from inside it, and the mesh's webhook known to it. */
export async function applyOutsideServices(): Promise<void> {
  const jaeger = { query: addresses.jaegerQuery, 'otlp-grpc': addresses.otlpGrpc, 'otlp-http': addresses.otlpHttp };
  await applyObjects([...outsideService('jaeger', 'observability', jaeger), sidecarWebhook()]);
}

/** SkyWalking's backend as a Service of the fleet's namespace: two objects. */
export function oapService(namespace: string): readonly object[] {
  return outsideService('oap', namespace, { grpc: addresses.oap });
}

/** A Service without a selector, and the one address behind it: the host as pods see it. */
function outsideService(name: string, namespace: string, listeners: Readonly<Record<string, string>>): readonly object[] {
  const ports = Object.entries(listeners).map(([port, address]) => ({ name: port, port: Number(address.split(':')[1]), protocol: 'TCP' }));
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { ports } };
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-host`, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [addresses.bridge], conditions: { ready: true } }],
    ports,
  };
  return [service, slice];
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
