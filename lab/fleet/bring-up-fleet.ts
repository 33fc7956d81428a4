import { applyObjects, getJson, kubectl } from '../kubectl.ts';
import { labMode } from '../lab-mode.ts';
import { applyRights, namespaceObject, oapService } from '../up/base-objects.ts';
import { deploymentObject, serviceObject } from './service-manifests.ts';
import type { FleetSpec } from './service-spec.ts';
import { shop } from './shop.ts';
import { store } from './store.ts';

interface DeploymentStatus {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly replicas: number };
  readonly status: { readonly readyReplicas?: number };
}

/** Every fleet of the lab. */
export const fleets: readonly FleetSpec[] = [shop, store];

/** Creates the fleets' namespaces and services and waits until every replica is ready; `fresh` deletes the namespaces first. */
export async function bringUpFleets(wanted: readonly FleetSpec[], options: { readonly fresh: boolean; readonly say: (line: string) => void }): Promise<void> {
  if (labMode() !== 'full') throw new Error('The lab is not up. Run: npm run lab -- up');
  if (options.fresh) {
    const namespaces = wanted.map((fleet) => fleet.namespace);
    await kubectl(['delete', 'namespace', ...namespaces, '--ignore-not-found', '--wait', '--timeout=120s']);
    options.say(`gone: ${namespaces.join(', ')}`);
  }
  for (const fleet of wanted) {
    await applyFleet(fleet);
    options.say(`${fleet.services.length} services of ${fleet.namespace} applied`);
  }
  await Promise.all(wanted.flatMap((fleet) => fleet.services.map((service) => waitForService(service.name, fleet.namespace))));
  options.say('all services are ready');
  for (const fleet of wanted) process.stdout.write(await fleetTable(fleet));
}

async function waitForService(name: string, namespace: string): Promise<void> {
  await kubectl(['rollout', 'status', `deployment/${name}`, '-n', namespace, '--timeout=300s']);
}

/** Creates or updates a fleet's objects, Services first. Waits for nothing. */
export async function applyFleet(fleet: FleetSpec): Promise<void> {
  await applyObjects([namespaceObject(fleet.namespace)]);
  await applyRights();
  await applyObjects([...oapService(fleet.namespace), ...fleet.services.map((service) => serviceObject(service, fleet.namespace))]);
  await applyObjects(fleet.services.map((service) => deploymentObject(service, fleet.namespace)));
}

async function fleetTable(fleet: FleetSpec): Promise<string> {
  const { items } = await getJson<{ items: readonly DeploymentStatus[] }>('deployments', '-n', fleet.namespace);
  const rows = fleet.services.map((service) => {
    const found = items.find((item) => item.metadata.name === service.name);
    return [
      service.name,
      `${found?.status.readyReplicas ?? 0}/${found?.spec.replicas ?? 0}`,
      service.agent.kind,
      service.sidecar ?? '-',
      service.downstream ?? '-',
      service.image,
    ];
  });
  const header = ['SERVICE', 'READY', 'AGENT', 'SIDECAR', 'CALLS', 'IMAGE'];
  return [header, ...rows]
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(column === 0 ? 12 : 15))
          .join('')
          .trimEnd()}\n`,
    )
    .join('');
}
