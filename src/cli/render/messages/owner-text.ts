import type { Owner } from '../../../core/plan/plan.ts';

const reasons: { readonly [because: string]: string } = {
  operator: 'its operator writes it anew',
  'self-heal': 'self-heal is on',
  'no-self-heal': 'self-heal is off, so the change stands until the next sync',
  'manual-sync': 'it syncs by hand, so the change stands until then',
  reconciles: 'it reconciles at every interval',
  suspended: 'it is suspended, so the change stands until it is resumed',
  'reconcile-disabled': 'the workload says reconcile: disabled, so the change stands until that is taken away',
  'drift-correction': 'drift correction is on',
  'no-drift-correction': 'drift correction is off, so the change stands until the next release',
  'not-read': 'whether it undoes changes is not known',
  'sync-object-denied': 'whether it undoes changes is not known, as its own object is not ours to read (`changeover doctor --rbac plan` prints the right)',
  'sync-object-absent': 'whether it undoes changes is not known, as its own object was not found',
};

/** Why an owner does, or does not, undo a direct change, in words; an id of a newer version as it is. */
export function ownerReason(because: string): string {
  return reasons[because] ?? because;
}

/** Until when a direct change stands under an owner that does not undo it at once; empty where nobody is known to deploy. */
export function ownerStanding({ kind, because }: Owner): string {
  if (kind === 'none') return '';
  return because === undefined ? 'a direct change stands until the next release' : ownerReason(because);
}
