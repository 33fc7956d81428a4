import { describe, expect, it } from 'vitest';
import { item, record, situation } from '../../../test/builders/rollout.ts';
import { kubeEvent } from './kube-event.ts';

const written = { at: 0, instance: 'me' };

describe('a Kubernetes Event', () => {
  it.each([
    ['Deployment', 'apps/v1'],
    ['StatefulSet', 'apps/v1'],
    ['CronJob', 'batch/v1'],
    ['Rollout', 'argoproj.io/v1alpha1'],
  ])('is about a %s by its own API version', (kind, apiVersion) => {
    const of = record('orders', { item: item('orders', { id: `shop/${kind}/orders` }) });

    const event = kubeEvent('ChangeoverApplied', { run: situation([[of]]).run, record: of }, written);

    expect(event['involvedObject']).toMatchObject({ apiVersion, kind, namespace: 'shop', name: 'orders' });
  });

  it('says who asked, also as the API server knows them, why, and under which ticket', () => {
    const of = record('orders');
    const run = { ...situation([[of]]).run, startedAs: 'system:serviceaccount:changeover:changeover', reason: 'quarterly', ticket: 'CHG-1' };

    const event = kubeEvent('ChangeoverMigrated', { run, record: of }, written);

    expect(event['message']).toContain('started by sre as system:serviceaccount:changeover:changeover: quarterly, ticket CHG-1');
  });
});
