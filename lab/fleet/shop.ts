import type { FleetSpec } from './service-spec.ts';

/** gateway -> orders -> payments -> inventory is one call chain, which login enters too; each of the others is a case of its own. */
export const shop: FleetSpec = {
  namespace: 'shop',
  services: [
    {
      name: 'gateway',
      replicas: 2,
      image: 'shop/gateway:1.0',
      agent: { kind: 'skywalking', settings: 'options' },
      sidecar: 'container',
      logCollector: true,
      downstream: 'orders',
    },
    {
      name: 'orders',
      replicas: 2,
      image: 'shop/orders:1.0',
      agent: { kind: 'skywalking', settings: 'options' },
      sidecar: 'native',
      logCollector: true,
      downstream: 'payments',
    },
    {
      name: 'payments',
      replicas: 2,
      image: 'shop/payments:1.0',
      agent: { kind: 'skywalking', settings: 'options' },
      sidecar: 'container',
      logCollector: true,
      downstream: 'inventory',
    },
    {
      name: 'inventory',
      replicas: 2,
      image: 'shop/inventory:1.0',
      agent: { kind: 'skywalking', settings: 'environment' },
      sidecar: 'native',
      logCollector: true,
    },
    // Its container is named like itself, and begins like the pattern of log collectors (`log*`).
    {
      name: 'login',
      replicas: 1,
      image: 'shop/login:1.0',
      agent: { kind: 'skywalking', settings: 'options' },
      sidecar: 'container',
      downstream: 'gateway',
    },
    // No JVM and no mesh.
    { name: 'web', replicas: 1, image: 'shop/web:1.0', agent: { kind: 'none' } },
    // No pods.
    { name: 'sleeping', replicas: 0, image: 'shop/orders:1.0', agent: { kind: 'skywalking', settings: 'options' }, sidecar: 'native', logCollector: true },
    // Moved already.
    { name: 'already', replicas: 1, image: 'shop/already:1.0', agent: { kind: 'opentelemetry' }, sidecar: 'container' },
    // Becomes ready with any agent, and dies a few seconds later without SkyWalking's.
    {
      name: 'fragile',
      replicas: 1,
      image: 'shop/fragile:1.0',
      agent: { kind: 'skywalking', settings: 'options' },
      sidecar: 'container',
      env: { REQUIRE_SKYWALKING: 'true' },
    },
  ],
};
