import { isJsonObject, type JsonObject } from '../json.ts';
import type { Owner } from '../plan/plan.ts';
import type { KubeObject } from './kube-object.ts';

/** The object that says how an owner syncs, as far as it could be read: `denied` = we may not, `absent` = it is not where it is looked for. */
export type SyncObject = KubeObject | 'denied' | 'absent';

/**
 * An owner with what its Application, Kustomization or HelmRelease says of changes made behind its back. Argo CD undoes them
 * with self-heal; a Kustomization always, a HelmRelease with drift correction, both unless suspended. Without those a change
 * stays until the next sync or release. Pure.
 */
export function judgeSync(owner: Owner, object: SyncObject): Owner {
  if (owner.reverts !== 'unknown') return owner;
  if (typeof object === 'string') return { ...owner, because: `sync-object-${object}` };
  const spec = memberOf(object, 'spec');
  if (owner.kind === 'argo-cd') return { ...owner, ...judgeArgo(spec) };
  if (spec['suspend'] === true) return { ...owner, reverts: 'no', because: 'suspended' };
  if (owner.by !== 'HelmRelease') return { ...owner, reverts: 'yes', because: 'reconciles' };
  const drift = memberOf(spec, 'driftDetection')['mode'];
  return drift === 'enabled' ? { ...owner, reverts: 'yes', because: 'drift-correction' } : { ...owner, reverts: 'no', because: 'no-drift-correction' };
}

function judgeArgo(spec: JsonObject): Pick<Owner, 'reverts' | 'because'> {
  const policy = memberOf(spec, 'syncPolicy');
  const automated = policy['automated'];
  if (!isJsonObject(automated) || automated['enabled'] === false) return { reverts: 'no', because: 'manual-sync' };
  return automated['selfHeal'] === true ? { reverts: 'yes', because: 'self-heal' } : { reverts: 'no', because: 'no-self-heal' };
}

function memberOf(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}
