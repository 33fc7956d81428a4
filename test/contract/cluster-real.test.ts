import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { describe } from 'vitest';
import { openCluster } from '../../src/adapters/kube/open-cluster.ts';
import { ChangeoverError } from '../../src/core/error.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { clusterContract } from './cluster-contract.ts';

const kubeconfig = process.env['CHANGEOVER_LAB_KUBECONFIG'];

const clock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal }).catch((cause: unknown) => {
      throw new ChangeoverError('aborted', 'stopped while waiting', { cause });
    });
  },
};

describe.skipIf(kubeconfig === undefined)('a real API server', () => {
  clusterContract('REST', async () => {
    const cluster = await openCluster({ kubeconfig: kubeconfig ?? '', env: process.env, clock });
    const namespace = `contract-${randomBytes(4).toString('hex')}`;
    await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    return { cluster, namespace };
  });
});
