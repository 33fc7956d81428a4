import { createHash } from 'node:crypto';
import { canonicalJson } from '../../core/json.ts';
import { controllerUid } from '../../core/workload/assemble.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { podTemplate, templateLabels } from '../../core/workload/pod-template.ts';
import { number, sameJson } from './object-parts.ts';
import type { ObjectStore } from './object-store.ts';

/** The label by which pods say which revision made them. */
export const REVISION_HASH = 'controller-revision-hash';

/**
 * The ControllerRevision of an object's template: the one that holds it already, made the newest again, or a new one
 * (kubernetes pkg/controller/history).
 */
export function currentRevision(store: ObjectStore, owner: KubeObject): KubeObject {
  const revisions = ownedRevisions(store, owner);
  const newest = Math.max(0, ...revisions.map((each) => number(each['revision'])));
  const template = podTemplate(owner);
  const found = revisions.find((each) => sameJson(podTemplate(each), template));
  if (found) return number(found['revision']) === newest ? found : store.update(found, { ...found, revision: newest + 1 });
  const hash = createHash('sha256').update(canonicalJson(template)).digest('hex').slice(0, 10);
  const { apiVersion, kind, metadata } = owner;
  return store.insert({
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${metadata.name}-${hash}`,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      // A DaemonSet's pods carry the hash alone, a StatefulSet's the revision's whole name.
      labels: { ...templateLabels(template), ...(kind === 'DaemonSet' ? { [REVISION_HASH]: hash } : { 'controller.kubernetes.io/hash': hash }) },
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true }],
    },
    data: { spec: { template } },
    revision: newest + 1,
  });
}

/** The revisions of an object. */
export function ownedRevisions(store: ObjectStore, owner: KubeObject): readonly KubeObject[] {
  return store.list('apps/v1', 'ControllerRevision', owner.metadata.namespace).filter((each) => controllerUid(each) === owner.metadata.uid);
}
