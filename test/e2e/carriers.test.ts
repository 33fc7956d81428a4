import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyFleet } from '../../lab/fleet/bring-up-fleet.ts';
import { carrierObjects, carriers } from '../../lab/fleet/carriers.ts';
import { applyObjects, kubectl } from '../../lab/kubectl.ts';
import { serviceUrl } from '../../lab/lab.ts';
import { runCommand } from '../../lab/run-command.ts';
import { namespaceObject } from '../../lab/up/base-objects.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import { json, run, workFolder, writePolicy } from './changeover.ts';
import { inspectService, readDeployments, type Deployment } from './fleet-state.ts';
import { readTraces } from './traces.ts';

const { namespace } = carriers;
const names = carriers.services.map((service) => service.name);
/** What of them cannot be moved, and the finding that says why. */
const blocked: { readonly [name: string]: string } = {
  'argument-file': 'option-file-unread',
  'options-file': 'option-file-unread',
  'secret-ref': 'options-unreadable',
};
const moved = names.filter((name) => blocked[name] === undefined);

beforeAll(async () => {
  await applyObjects([namespaceObject(namespace), ...carrierObjects]);
  await applyFleet(carriers);
  for (const name of names) await kubectl(['rollout', 'status', `deployment/${name}`, '-n', namespace, '--timeout=300s']);
});

afterAll(async () => {
  await kubectl(['delete', 'deployment', '--all', '-n', namespace, '--wait=false']);
});

/** One story per mode on the real cluster, told in order: each test goes on from where the one before ended. */
describe.each(['auto', 'image'] as const)('a service for each place that JVM options can stand in, delivery: %s', (delivery) => {
  const folder = workFolder();
  let before: ReadonlyMap<string, Deployment>;

  beforeAll(async () => {
    before = await readDeployments(namespace);
    writePolicy(folder, { select: { namespaces: [namespace], requireSidecar: ['istio-proxy'] }, delivery, rollout: { soak: '5s', waves: [10] } });
  });

  it('plan moves them all but those it cannot read, and says which and why', async () => {
    const outcome = await run(folder, ['plan', '-p', 'policy.yaml', '--out', 'plan.json', '-o', 'json']);

    const { items } = json<Plan>(outcome);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(items.filter((item) => item.action === 'migrate').map((item) => item.container)).toEqual([...moved].sort());
    const skips = items.filter((item) => item.action === 'skip').map((item) => [item.container, item.skip]);
    expect(skips).toEqual(Object.entries(blocked).map(([name, finding]) => [name, { id: 'blocked', params: { findings: [finding] } }]));
  });

  it('apply moves them, and every pod runs the new agent alone, with the other options as they were', async () => {
    const outcome = await run(folder, ['apply', 'plan.json', '--yes', '-o', 'json']);

    expect(outcome.code, outcome.stderr).toBe(0);
    for (const name of moved) {
      const jvms = await inspectService(name, namespace);
      expect(jvms, name).toMatchObject([{ agentJars: ['/changeover/agent/javaagent.jar'], skywalkingLoaded: false, opentelemetryLoaded: true }]);
      if (name !== 'reference') expect(await systemProperty(jvms[0]?.pid, 'user.timezone')).toBe('UTC');
    }
  });

  it('each sends spans under its own name', async () => {
    const since = Date.now();
    for (const name of moved) expect((await fetch(await serviceUrl(name, namespace))).status).toBe(200);

    for (const service of moved) expect(await readTraces({ service, since, until: () => true }), service).not.toEqual([]);
  });

  it('rollback --all brings the old agent back everywhere, exactly as it was', async () => {
    const outcome = await run(folder, ['rollback', '--all', '--yes', '-o', 'json']);

    expect(outcome.code, outcome.stderr).toBe(0);
    const now = await readDeployments(namespace);
    for (const name of names) expect(now.get(name)?.spec).toEqual(before.get(name)?.spec);
    for (const name of moved) expect(await inspectService(name, namespace), name).toMatchObject([{ skywalkingLoaded: true, opentelemetryLoaded: false }]);
  });
});

/** A property of a running JVM, asked of itself. */
async function systemProperty(pid: number | undefined, property: string): Promise<string | undefined> {
  const text = await runCommand('jcmd', [String(pid), 'VM.system_properties']);
  return new RegExp(`^${property}=(.*)$`, 'm').exec(text)?.[1];
}
