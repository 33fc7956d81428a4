import { describe, expect, it } from 'vitest';
import type { JudgedSpan } from './judge-trace.ts';
import { podsSeen } from './pods-seen.ts';

const workload = {
  id: 'shop/StatefulSet/orders',
  switched: true,
  countsFromMs: 0,
  readyPods: ['orders-1', 'orders-10'].map((name) => ({ name, sinceMs: 0 })),
};
const from = (resource: JudgedSpan['resource']): JudgedSpan => ({
  traceId: 't',
  spanId: 's',
  service: 'orders',
  kind: 'server',
  startMs: 0,
  durationMs: 1,
  resource,
  attributes: {},
});

describe('podsSeen', () => {
  it.each([
    ['k8s.pod.name', 'orders-10'],
    ['host.name', 'orders-10'],
    ['service.instance.id', 'orders-10'],
    ['service.instance.id', '5f0c@orders-10'],
    ['service.instance.id', 'shop.orders-10.app'],
  ])('knows a pod by %s %s, and no other by the beginning of its name', (key, value) => {
    const { seen, unseen, by } = podsSeen([workload], [from({ [key]: value })]);

    expect(seen).toEqual(['orders-10']);
    expect(unseen.map((pod) => pod.name)).toEqual(['orders-1']);
    expect(by).toEqual([key]);
  });

  it.each([
    ['a pod that is gone', { 'host.name': 'orders-7d9f-x' }, true],
    ['a node', { 'host.name': 'node-7', 'service.instance.id': 'e58ed763-928c-4155-bee9-fdbaaadc15f3' }, false],
    ["another workload's pod", { 'host.name': 'big-orders-1' }, false],
    ['nothing', {}, false],
  ])('tells whether spans name pods at all: %s', (_, resource, named) => {
    expect(podsSeen([workload], [from(resource)])).toMatchObject({ seen: [], by: [], named });
  });
});
