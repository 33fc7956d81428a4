import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { text } from 'node:stream/consumers';
import { addresses } from '../paths.ts';

interface Pod {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly initContainers?: readonly object[] };
}

interface Review {
  readonly request: { readonly uid: string; readonly object: Pod };
}

/** The label on a pod template that asks for a sidecar: `container` or `native` (an init container that keeps running). */
export const sidecarLabel = 'sidecar-stand-in';

/** Adds a container named `istio-proxy` to new pods, as a service mesh does: the workload's template never shows it. */
export function createSidecarWebhook(tls: { readonly cert: string; readonly key: string }): Server {
  return createServer(tls, (request, response) => {
    text(request)
      .then((body) => review(JSON.parse(body) as Review))
      .then((answer) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer)))
      .catch((cause: unknown) => response.writeHead(400).end(String(cause)));
  });
}

function review({ request }: Review): object {
  const patch = Buffer.from(JSON.stringify(sidecarPatch(request.object))).toString('base64');
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: request.uid, allowed: true, patchType: 'JSONPatch', patch } };
}

function sidecarPatch(pod: Pod): readonly object[] {
  const container = { name: 'istio-proxy', image: `${addresses.registry}/pause:1`, resources: { requests: { cpu: '1m', memory: '4Mi' } } };
  const status = JSON.stringify({ containers: ['istio-proxy'] });
  const annotate =
    pod.metadata.annotations === undefined
      ? { op: 'add', path: '/metadata/annotations', value: { 'sidecar.istio.io/status': status } }
      : { op: 'add', path: '/metadata/annotations/sidecar.istio.io~1status', value: status };
  const native = { ...container, restartPolicy: 'Always' };
  const add =
    pod.metadata.labels?.[sidecarLabel] !== 'native'
      ? { op: 'add', path: '/spec/containers/-', value: container }
      : pod.spec.initContainers === undefined
        ? { op: 'add', path: '/spec/initContainers', value: [native] }
        : { op: 'add', path: '/spec/initContainers/0', value: native };
  return [annotate, add];
}
