import { applyObjects, getJson, kubectl } from '../kubectl.ts';
import { labMode } from '../lab-mode.ts';
import { applyRights, namespaceObject, oapService } from '../up/base-objects.ts';
import { deploymentObject, serviceObject } from './service-manifests.ts';
import type { FleetSpec } from './service-spec.ts';
import { shop } from './shop.ts';

interface DeploymentStatus {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly replicas: number };
  readonly status: { readonly readyReplicas?: number };
}

/** Creates the fleet's namespace and services and waits until every replica is ready; `fresh` deletes the namespace first. */
export async function bringUpFleet(options: { readonly fresh: boolean; readonly say: (line: string) => void }): Promise<void> {
  if (labMode() !== 'full') throw new Error('The lab is not up. Run: npm run lab -- up');
  if (options.fresh) {
    await kubectl(['delete', 'namespace', shop.namespace, '--ignore-not-found', '--wait', '--timeout=120s']);
    options.say(`namespace ${shop.namespace} is gone`);
  }
  await applyFleet(shop);
  options.say(`${shop.services.length} services applied`);
  await Promise.all(shop.services.map((service) => kubectl(['rollout', 'status', `deployment/${service.name}`, '-n', shop.namespace, '--timeout=300s'])));
  options.say('all services are ready');
  process.stdout.write(await fleetTable(shop));
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
