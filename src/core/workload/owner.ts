import { isJsonObject, type JsonObject } from '../json.ts';
import type { Owner } from '../plan/plan.ts';
import type { KubeObject } from './kube-object.ts';

/**
 * Who writes this object besides us, from the marks the tools leave (reference: rollout 2.9). The order is that of
 * strength: a controller owner overwrites at once, Argo CD and Flux at their next sync, Helm and kubectl at the next deploy.
 * Whether Argo CD or Flux undo a change is told by their own objects (`judgeSync`); here it is `unknown`. Pure.
 */
export function detectOwner(object: KubeObject): Owner {
  const found = controllerOf(object) ?? argoOf(object) ?? fluxOf(object) ?? helmOf(object) ?? deployerOf(object) ?? { kind: 'none' };
  return isReloaded(object) ? { ...found, reloader: true } : found;
}

/** Whether a direct change would be undone while nobody deploys. What is not known counts: a change that is undone is an outage for nothing. */
export function ownerReverts(owner: Owner): boolean {
  return owner.reverts !== undefined && owner.reverts !== 'no';
}

function controllerOf({ metadata }: KubeObject): Owner | undefined {
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
  return controller && { kind: 'operator', name: `${controller.kind}/${controller.name}`, shownBy: 'ownerReferences', reverts: 'yes', because: 'operator' };
}

/** `<application>:<group>/<kind>:<namespace>/<name>`, the application with `<its namespace>_` before it where that is not Argo CD's own. */
function argoOf(object: KubeObject): Owner | undefined {
  const { labels = {}, annotations = {} } = object.metadata;
  const tracked = annotations['argocd.argoproj.io/tracking-id'];
  if (tracked !== undefined) return argo(tracked.split(':')[0] ?? '', 'annotation argocd.argoproj.io/tracking-id');
  const label = labels['argocd.argoproj.io/instance'];
  if (label !== undefined) return argo(label, 'label argocd.argoproj.io/instance');
  // The label alone is set by many charts as well.
  if (managersOf(object).some((each) => each.startsWith('argocd-'))) return argo(labels['app.kubernetes.io/instance'] ?? '', 'managedFields argocd-controller');
  return undefined;
}

function argo(application: string, shownBy: string): Owner {
  const at = application.indexOf('_');
  const place = at < 0 ? { name: application } : { namespace: application.slice(0, at), name: application.slice(at + 1) };
  return { kind: 'argo-cd', ...(application === '' ? {} : place), shownBy, reverts: 'unknown', because: 'not-read' };
}

function fluxOf(object: KubeObject): Owner | undefined {
  const { labels = {}, annotations = {} } = object.metadata;
  for (const [prefix, by] of [
    ['kustomize.toolkit.fluxcd.io', 'Kustomization'],
    ['helm.toolkit.fluxcd.io', 'HelmRelease'],
  ] as const) {
    const name = labels[`${prefix}/name`];
    if (name === undefined) continue;
    const namespace = labels[`${prefix}/namespace`];
    const found = { kind: 'flux', name, ...(namespace === undefined ? {} : { namespace }), by, shownBy: `label ${prefix}/name` } as const;
    // Of objects of a Kustomization, the controller leaves those alone that say so.
    if (by === 'Kustomization' && annotations[`${prefix}/reconcile`] === 'disabled') return { ...found, reverts: 'no', because: 'reconcile-disabled' };
    return { ...found, reverts: 'unknown', because: 'not-read' };
  }
  const manager = managersOf(object).find((each) => each === 'kustomize-controller' || each === 'helm-controller');
  return manager === undefined ? undefined : { kind: 'flux', shownBy: `managedFields ${manager}`, reverts: 'unknown', because: 'not-read' };
}

function helmOf(object: KubeObject): Owner | undefined {
  const { labels = {}, annotations = {} } = object.metadata;
  const release = annotations['meta.helm.sh/release-name'];
  const namespace = annotations['meta.helm.sh/release-namespace'];
  const place = { ...(release === undefined ? {} : { name: release }), ...(namespace === undefined ? {} : { namespace }) };
  const mark =
    release !== undefined
      ? 'annotation meta.helm.sh/release-name'
      : labels['app.kubernetes.io/managed-by'] === 'Helm'
        ? 'label app.kubernetes.io/managed-by'
        : imageManager(object) === 'helm' || imageManager(object) === 'Helm'
          ? 'managedFields helm'
          : undefined;
  return mark === undefined ? undefined : { kind: 'helm', ...place, shownBy: mark };
}

/** Who set the image last is who sets it at the next release. */
function deployerOf(object: KubeObject): Owner | undefined {
  const manager = imageManager(object);
  if (object.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'] !== undefined) {
    return { kind: 'kubectl', shownBy: 'annotation kubectl.kubernetes.io/last-applied-configuration' };
  }
  if (manager === undefined) return undefined;
  if (/^kubectl(?:-|$)/.test(manager)) return { kind: 'kubectl', shownBy: `managedFields ${manager}` };
  return { kind: 'release-system', name: manager, shownBy: `managedFields ${manager}` };
}

/** Reloader edits the template at any time, also while a rollout is watched. */
function isReloaded({ metadata, spec }: KubeObject): boolean {
  const template = isJsonObject(spec) && isJsonObject(spec['template']) && isJsonObject(spec['template']['metadata']) ? spec['template']['metadata'] : {};
  const below = isJsonObject(template['annotations']) ? template['annotations'] : {};
  return Object.entries({ ...below, ...metadata.annotations }).some(
    ([key, value]) => /(?:^|\.)reloader\.stakater\.com\//.test(key) && value !== 'false' && !key.endsWith('/last-reloaded-from'),
  );
}

interface FieldEntry {
  readonly manager: string;
  readonly fields: JsonObject;
}

function managersOf(object: KubeObject): readonly string[] {
  return fieldEntries(object).map((each) => each.manager);
}

/** The manager that owns the image of a container of the template, but for ourselves. */
function imageManager(object: KubeObject): string | undefined {
  return fieldEntries(object).findLast(({ manager, fields }) => manager !== 'changeover' && ownsImage(fields))?.manager;
}

function fieldEntries({ metadata }: KubeObject): readonly FieldEntry[] {
  const entries = metadata['managedFields'];
  if (!Array.isArray(entries)) return [];
  return entries
    .filter(isJsonObject)
    .filter((each) => each['subresource'] === undefined)
    .flatMap(({ manager, fieldsV1 }) => (typeof manager === 'string' ? [{ manager, fields: isJsonObject(fieldsV1) ? fieldsV1 : {} }] : []));
}

/** `f:spec.f:template.f:spec.f:containers.k:{"name":…}.f:image`. */
function ownsImage(fields: JsonObject): boolean {
  let at = fields;
  for (const name of ['f:spec', 'f:template', 'f:spec', 'f:containers']) {
    const below = at[name];
    if (!isJsonObject(below)) return false;
    at = below;
  }
  return Object.values(at).some((container) => isJsonObject(container) && container['f:image'] !== undefined);
}
