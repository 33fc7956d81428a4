import type { Owner } from '../plan/plan.ts';
import { isJsonObject } from '../json.ts';
import type { KubeObject } from './kube-object.ts';

/**
 * Who writes this object besides us, from the marks the tools leave (reference: rollout 2.9). The order is that of
 * strength: a controller owner overwrites at once, Argo CD and Flux at their next sync, Helm and kubectl at the next deploy.
 */
export function detectOwner(object: KubeObject): Owner {
  const { labels = {}, annotations = {} } = object.metadata;
  const controller = object.metadata.ownerReferences?.find((owner) => owner.controller === true);
  if (controller) return { kind: 'operator', name: `${controller.kind}/${controller.name}` };
  const argo = annotations['argocd.argoproj.io/tracking-id'];
  if (argo !== undefined) return { kind: 'argo-cd', name: argo.split(':')[0] ?? argo };
  if (hasManager(object, 'argocd-controller')) return { kind: 'argo-cd', ...named(labels['app.kubernetes.io/instance']) };
  const flux = labels['kustomize.toolkit.fluxcd.io/name'] ?? labels['helm.toolkit.fluxcd.io/name'];
  if (flux !== undefined) return { kind: 'flux', name: flux };
  const helm = annotations['meta.helm.sh/release-name'];
  if (helm !== undefined || labels['app.kubernetes.io/managed-by'] === 'Helm') return { kind: 'helm', ...named(helm) };
  if (annotations['kubectl.kubernetes.io/last-applied-configuration'] !== undefined) return { kind: 'kubectl' };
  return { kind: 'none' };
}

/** Whether a direct change would be undone by the owner within seconds or at its next sync. */
export function ownerReverts(owner: Owner): boolean {
  return owner.kind === 'operator' || owner.kind === 'argo-cd' || owner.kind === 'flux';
}

function named(name: string | undefined): { readonly name?: string } {
  return name === undefined ? {} : { name };
}

function hasManager(object: KubeObject, manager: string): boolean {
  const managers = object.metadata['managedFields'];
  return Array.isArray(managers) && managers.some((each) => isJsonObject(each) && each['manager'] === manager);
}
