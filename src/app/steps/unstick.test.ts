import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { Session } from '../session.ts';
import { unstick } from './unstick.ts';

const bad: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'db-2', namespace: 'shop', uid: 'u', resourceVersion: '7' },
  status: { conditions: [{ type: 'Ready', status: 'False' }] },
};

/** What is deleted, with what preconditions, where the API server shows this pod. */
async function deletes(live: KubeObject | undefined): Promise<readonly unknown[]> {
  const calls: unknown[] = [];
  const cluster = {
    list: async () => (live ? [live] : []),
    delete: async (ref: { readonly name: string }, { uid, resourceVersion }: { readonly uid?: string; readonly resourceVersion?: string }) =>
      void calls.push({ name: ref.name, uid, resourceVersion }),
  } as unknown as Cluster;
  const session = {
    ports: { cluster, clock: { now: () => 0 } },
    run: { value: { name: 'r' } },
    journal: { append: async () => undefined },
    emit: () => undefined,
    seq: 0,
  } as unknown as Session;
  await unstick(session, 'shop/StatefulSet/db', { pod: 'db-2', uid: 'u' });
  return calls;
}

describe('a pod that holds up a way back', () => {
  it('is deleted as long as nobody has written it since it was looked at', async () => {
    expect(await deletes(bad)).toEqual([{ name: 'db-2', uid: 'u', resourceVersion: '7' }]);
  });

  it.each<readonly [string, KubeObject | undefined]>([
    ['gone', undefined],
    ['another one by now', { ...bad, metadata: { ...bad.metadata, uid: 'other' } }],
    ['Ready after all', { ...bad, status: { conditions: [{ type: 'Ready', status: 'True' }] } }],
    ['on its way out', { ...bad, metadata: { ...bad.metadata, deletionTimestamp: '2026-03-02T12:00:00Z' } }],
  ])('is left alone when it is %s', async (_what, live) => {
    expect(await deletes(live)).toEqual([]);
  });
});
