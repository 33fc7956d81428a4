import { describe, expect, it } from 'vitest';
import { forecastRelease } from './forecast.ts';
import type { Owner } from './plan.ts';

describe('the forecast of the next release', () => {
  it.each<[string, string, Owner]>([
    ['returns', 'operator', { kind: 'operator', reverts: 'yes', because: 'operator' }],
    ['returns', 'next-sync', { kind: 'argo-cd', reverts: 'no', because: 'manual-sync' }],
    ['returns', 'next-reconcile', { kind: 'flux', by: 'Kustomization', reverts: 'yes', because: 'reconciles' }],
    ['returns', 'helm-upgrade', { kind: 'flux', by: 'HelmRelease', reverts: 'no', because: 'no-drift-correction' }],
    ['returns', 'helm-upgrade', { kind: 'helm', name: 'orders' }],
    ['returns', 'kubectl-apply', { kind: 'kubectl', shownBy: 'annotation kubectl.kubernetes.io/last-applied-configuration' }],
    ['returns', 'kubectl-apply', { kind: 'kubectl', shownBy: 'managedFields kubectl-client-side-apply' }],
    ['unknown', 'next-image', { kind: 'kubectl', shownBy: 'managedFields kubectl-set' }],
    ['unknown', 'next-image', { kind: 'release-system', name: 'deployer', shownBy: 'managedFields deployer' }],
    ['unknown', 'no-owner', { kind: 'none' }],
    ['stays', 'owner-stopped', { kind: 'flux', by: 'Kustomization', reverts: 'no', because: 'reconcile-disabled' }],
    ['stays', 'owner-stopped', { kind: 'flux', by: 'HelmRelease', reverts: 'no', because: 'suspended' }],
  ])('is %s (%s) for %o', (effect, because, owner) => {
    expect(forecastRelease(owner)).toEqual({ effect, because });
  });
});
