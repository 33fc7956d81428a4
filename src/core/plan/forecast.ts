import type { Forecast, Owner } from './plan.ts';

/** Owners that say themselves that they leave the workload alone. */
const stopped = new Set(['suspended', 'reconcile-disabled']);

/**
 * What the next release will do: an owner that declares the image puts the declared one back, whichever agent that has; a
 * system that sets the image of each release brings one we have not seen. Pure. Source: reference rollout, section 2.9.
 */
export function forecastRelease(owner: Owner): Forecast {
  if (owner.because !== undefined && stopped.has(owner.because)) return { effect: 'stays', because: 'owner-stopped' };
  switch (owner.kind) {
    case 'operator':
      return { effect: 'returns', because: 'operator' };
    case 'argo-cd':
      return { effect: 'returns', because: 'next-sync' };
    case 'flux':
      return owner.by === 'HelmRelease' ? { effect: 'returns', because: 'helm-upgrade' } : { effect: 'returns', because: 'next-reconcile' };
    case 'helm':
      return { effect: 'returns', because: 'helm-upgrade' };
    case 'kubectl':
      return declares(owner) ? { effect: 'returns', because: 'kubectl-apply' } : { effect: 'unknown', because: 'next-image' };
    case 'release-system':
      return { effect: 'unknown', because: 'next-image' };
    default:
      return { effect: 'unknown', because: 'no-owner' };
  }
}

/** `kubectl apply` sends the whole manifest; `kubectl set image` and `kubectl edit` one field, with a value of that day. */
function declares({ shownBy = '' }: Owner): boolean {
  return (
    shownBy.includes('last-applied') || shownBy === 'managedFields kubectl' || /kubectl-(?:client-side-)?apply|kubectl-create|kubectl-replace/.test(shownBy)
  );
}
