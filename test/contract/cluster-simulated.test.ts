import { openSimulatedRegistry } from '../../src/adapters/simulated/simulated-registry.ts';
import { simulatedWorld } from '../../src/adapters/simulated/simulated-world.ts';
import { VirtualClock } from '../../src/adapters/simulated/virtual-clock.ts';
import { clusterContract } from './cluster-contract.ts';

clusterContract('simulated', async () => {
  const world = simulatedWorld({ clock: new VirtualClock(), registry: openSimulatedRegistry() });
  const cluster = world.connect();
  await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'contract' } });
  return { cluster, namespace: 'contract' };
});
