import { describe, expect, it } from 'vitest';
import { driveRun } from '../../src/app/drive-run.ts';
import { recordDecision } from '../../src/app/record-decision.ts';
import { SAMPLE_JARS } from '../../src/adapters/simulated/sample-images.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import { applyToTheEnd, endOf, openSimulation, type Simulation, type SimulatedService } from './open-simulation.ts';

const flag = `-javaagent:${SAMPLE_JARS.skywalking} -Dskywalking.agent.service_name=`;
const rewrite = { spec: { delivery: 'image' } } as const;
const state = { stateNamespace: 'changeover', by: 'test' } as const;

describe('delivery: image', () => {
  it('moves options out of the pods, runs the new agent alone, and comes back to exactly what was there', async () => {
    const services = [{ name: 'variable' }, { name: 'command', container: commandLine('command') }, { name: 'shell', container: shell('shell') }];
    const simulation = await openSimulation({ services, ...rewrite });
    const before = specs(simulation);

    const moved = await applyToTheEnd(simulation);
    const between = JSON.stringify(specs(simulation));
    await decide(simulation, 'rollback');
    const back = await drive(simulation);

    expect(simulation.plan.items.map((item) => item.action === 'migrate' && item.delivery)).toEqual(['image', 'image', 'image']);
    expect(moved.status.counts).toMatchObject({ migrated: 3 });
    expect(between).not.toMatch(/skywalking|\/changeover/);
    expect(back.status.counts).toMatchObject({ 'rolled-back': 3 });
    expect(specs(simulation)).toEqual(before);
    expect(simulation.deployments().map(ours)).toEqual([['changeover.dev/outcome'], ['changeover.dev/outcome'], ['changeover.dev/outcome']]);
  });

  it('puts a service that fails back by itself, credentials included', async () => {
    const simulation = await openSimulation({ services: [secretive({ after: { crashAtMs: 1_500 } })], ...rewrite });
    const before = specs(simulation);

    const result = await applyToTheEnd(simulation);

    expect(result.status.counts).toMatchObject({ 'rolled-back': 1 });
    expect(specs(simulation)).toEqual(before);
  });

  it('keeps credentials of options on the object alone: not in plan, records, journal and events', async () => {
    const simulation = await openSimulation({ services: [secretive()], ...rewrite });

    const result = await applyToTheEnd(simulation);

    const [object] = simulation.deployments();
    const journal = await (await simulation.openEngine().ports.journal(simulation.plan.cluster.id, simulation.plan.name)).read();
    const elsewhere = [simulation.plan, simulation.world.store.list('v1', 'ConfigMap'), simulation.world.store.list('v1', 'Event'), journal, simulation.events];
    expect(result.status.counts).toMatchObject({ migrated: 1 });
    expect(journal.length).toBeGreaterThan(5);
    expect(JSON.stringify(elsewhere)).not.toContain('s3cr3t');
    expect(object?.metadata.annotations?.['changeover.dev/marker']).toContain('s3cr3t');
    expect(JSON.stringify(object?.['spec'])).toContain('-Ddb.password=s3cr3t -Xmx512m');
  });

  it('comes to the same end wherever the engine dies', async () => {
    const services = [secretive(), { name: 'bad', container: commandLine('bad'), after: { crashAtMs: 1_500 } }];
    const undisturbed = await openSimulation({ services, ...rewrite });
    await applyToTheEnd(undisturbed);
    const expected = await endOf(undisturbed);

    for (const diesAt of [20, 45, 70, 95, 120, 160, 200]) {
      const simulation = await openSimulation({ services, ...rewrite });
      const first = await simulation.apply((engine) => ({ after: ({ count }) => (count === diesAt ? engine().kill() : undefined) }));
      await applyToTheEnd(simulation);

      expect(first).toBe('died');
      expect([diesAt, await endOf(simulation)]).toEqual([diesAt, expected]);
    }
  });

  it('leaves a service alone whose ConfigMap has changed since the plan', async () => {
    const container = { env: [{ name: 'SW_AGENT_NAME', value: 'mapped' }], envFrom: [{ configMapRef: { name: 'jvm' } }] };
    const simulation = await openSimulation({ services: [{ name: 'mapped', container }], objects: [configMap(`-Xmx512m ${flag}mapped`)], ...rewrite });
    const before = specs(simulation);
    await simulation.world.connect().patch(jvm, [{ op: 'replace', path: '/data/CATALINA_OPTS', value: `-Xmx1g ${flag}mapped` }]);

    const result = await applyToTheEnd(simulation);

    expect(result.status.workloads).toMatchObject([{ state: 'SKIPPED', reason: { id: 'stale', params: { what: 'ConfigMap' } } }]);
    expect(specs(simulation)).toEqual(before);
  });

  it('leaves a service alone whose masked values are others by the time they are to be written', async () => {
    const simulation = await openSimulation({ services: [secretive()], ...rewrite });
    const admin = simulation.world.connect();
    const deployment = {
      resource: { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true },
      namespace: 'shop',
      name: 'secretive',
    } as const;
    const path = '/spec/template/spec/containers/0/env/0/value';
    let changed = false;

    // Just before the claim: the checks on the template are done by then.
    const result = await simulation.apply(() => ({
      before: async ({ port, method }) => {
        if (changed || port !== 'cluster' || method !== 'patch') return;
        changed = true;
        await admin.patch(deployment, [{ op: 'replace', path, value: `-Ddb.password=0ther ${flag}secretive -Xmx512m` }]);
      },
    }));

    expect(result).toMatchObject({ status: { workloads: [{ state: 'SKIPPED', reason: { id: 'stale' } }] } });
    expect(JSON.stringify(specs(simulation))).toContain('-Ddb.password=0ther -javaagent:');
    expect(simulation.deployments().map(ours)).toEqual([[]]);
  });

  it('switches the agent of an image off whose layers were not read, at apply as in the plan', async () => {
    const service: SimulatedService = { name: 'unread', stack: 'spring-skywalking', container: { env: [{ name: 'SW_AGENT_NAME', value: 'unread' }] } };
    const simulation = await openSimulation({ services: [service], layerScan: false, ...rewrite });

    const result = await applyToTheEnd(simulation);

    expect(result.status.counts).toMatchObject({ migrated: 1 });
    expect(simulation.plan.items).toMatchObject([{ source: { unscanned: true }, target: { removes: [] } }]);
  });

  it('overrides a ConfigMap in the pod and leaves it as it is', async () => {
    const container = { env: [{ name: 'SW_AGENT_NAME', value: 'mapped' }], envFrom: [{ configMapRef: { name: 'jvm' } }] };
    const simulation = await openSimulation({ services: [{ name: 'mapped', container }], objects: [configMap(`-Xmx512m ${flag}mapped`)], ...rewrite });

    const result = await applyToTheEnd(simulation);

    expect(result.status.counts).toMatchObject({ migrated: 1 });
    expect(JSON.stringify(specs(simulation))).toContain('{"name":"CATALINA_OPTS","value":"-Xmx512m"}');
    expect(simulation.world.store.list('v1', 'ConfigMap').find((each) => each.metadata.name === 'jvm')?.['data']).toEqual({
      CATALINA_OPTS: `-Xmx512m ${flag}mapped`,
    });
  });
});

const jvm = { resource: { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }, namespace: 'shop', name: 'jvm' } as const;

function configMap(options: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'jvm', namespace: 'shop' }, data: { CATALINA_OPTS: options } };
}

function commandLine(name: string): JsonObject {
  return { env: [], command: ['java', '-Xmx512m', ...`${flag}${name}`.split(' '), '-jar', '/app.jar'] };
}

function shell(name: string): JsonObject {
  return { env: [], command: ['sh', '-c'], args: [`exec java -Xmx512m ${flag}${name} -jar /app.jar`] };
}

function secretive(more: Partial<SimulatedService> = {}): SimulatedService {
  const env = [{ name: 'CATALINA_OPTS', value: `-Ddb.password=s3cr3t ${flag}secretive -Xmx512m` }];
  return { name: 'secretive', container: { env }, ...more };
}

async function decide(simulation: Simulation, kind: 'rollback'): Promise<void> {
  await recordDecision({ cluster: simulation.world.connect(), clock: simulation.world.clock }, { ...state, run: simulation.plan.name, kind, targets: [] });
}

function drive(simulation: Simulation): ReturnType<typeof driveRun> {
  const never = new AbortController().signal;
  return driveRun(simulation.openEngine().ports, simulation.plan.name, { ...state, emit: (event) => simulation.events.push(event), stop: never, kill: never });
}

function specs(simulation: Simulation): { readonly [name: string]: unknown } {
  return Object.fromEntries(simulation.deployments().map((object) => [object.metadata.name, object['spec']]));
}

function ours(object: KubeObject): readonly string[] {
  return Object.keys(object.metadata.annotations ?? {}).filter((key) => key.startsWith('changeover.dev/'));
}
