import { describe, expect, it } from 'vitest';
import { applyPlan } from '../../src/app/apply-plan.ts';
import { driveRun } from '../../src/app/drive-run.ts';
import { makePlan } from '../../src/app/make-plan.ts';
import type { EnginePorts } from '../../src/app/ports.ts';
import { recordDecision } from '../../src/app/record-decision.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import { parsePolicy } from '../../src/core/policy/parse-policy.ts';
import { containers, podSpec, podTemplate } from '../../src/core/workload/pod-template.ts';
import { applyToTheEnd, openSimulation, type Simulation, type SimulatedService } from './open-simulation.ts';

const target = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' };
const files = { image: 'registry.example.com/agents/otel-java:2.34.0' };
const state = { stateNamespace: 'changeover', by: 'test' } as const;
const service = (name: string): SimulatedService => ({
  name,
  stack: 'tomcat-opentelemetry',
  container: { env: [{ name: 'OTEL_SERVICE_NAME', value: name }] },
});

describe('an upgrade', () => {
  it('takes the place of an agent that came from elsewhere, and goes back', async () => {
    const simulation = await openSimulation({ services: [service('orders')], spec: { from: { agent: 'opentelemetry' } } });
    const before = specs(simulation);

    const moved = await applyToTheEnd(simulation);
    const between = specs(simulation);
    await rollBack(simulation.openEngine().ports, simulation.plan);

    expect(simulation.plan.items).toMatchObject([{ action: 'migrate', delivery: 'takeover', agent: { id: 'opentelemetry' } }]);
    expect(moved.status.counts).toMatchObject({ migrated: 1 });
    expect(between).not.toEqual(before);
    expect(specs(simulation)).toEqual(before);
  });

  it.each(['takeover', 'image'] as const)(
    'rewrites an image of ours (%s) from the original, one version after the other, and goes back to the one before',
    async (delivery) => {
      const simulation = await openSimulation({ services: [{ name: 'orders' }], spec: { delivery } });
      await applyToTheEnd(simulation);
      await finish(simulation);
      const before = specs(simulation);
      const ports = portsWith(simulation, '2.34.0');
      const plan = await planWith(ports, {});

      const moved = await apply(ports, plan);
      const back = await rollBack(ports, plan);

      expect(plan.items).toMatchObject([{ action: 'migrate', delivery, agent: { id: 'opentelemetry', version: '2.33.1' } }]);
      expect(plan.items[0]?.findings.map((each) => each.id)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(?:mapping|sampling|settings|target)-/)]),
      );
      expect(tagOf(plan)).toMatch(/^1-otel-[0-9a-f]{8}$/);
      expect(moved.status.counts).toMatchObject({ migrated: 1 });
      expect(back.status.counts).toMatchObject({ 'rolled-back': 1 });
      expect(specs(simulation)).toEqual(before);
    },
  );

  it('leaves alone what has this version and these settings, and what has other settings it does not', async () => {
    const simulation = await openSimulation({ services: [{ name: 'orders' }] });
    await applyToTheEnd(simulation);
    await finish(simulation);
    const ports = portsWith(simulation, '2.33.1');

    const same = await planWith(ports, {});
    const other = await planWith(ports, { to: { files, env: { ...endpoint, OTEL_BSP_MAX_QUEUE_SIZE: '4096' } } });

    expect(same.items).toMatchObject([{ action: 'skip', skip: { id: 'already-on-target' }, agent: { version: '2.33.1' } }]);
    expect(other.items).toMatchObject([{ action: 'migrate', target: { env: { OTEL_BSP_MAX_QUEUE_SIZE: '4096' } } }]);
  });

  it('changes JVM options alone, once, and gives every byte back', async () => {
    const simulation = await openSimulation({ services: [{ name: 'orders' }] });
    await applyToTheEnd(simulation);
    await finish(simulation);
    const before = specs(simulation);
    const ports = portsWith(simulation, '2.33.1');
    const spec = { to: { files, env: endpoint, jvmOptions: { add: ['-Xmx1g', '-XX:+UseG1GC'] } } };
    const plan = await planWith(ports, spec);

    const moved = await apply(ports, plan);
    const options = environment(simulation);
    await rollBack(ports, plan);

    expect(plan.items).toMatchObject([{ action: 'migrate', target: { env: { JAVA_TOOL_OPTIONS: '-XX:+UseG1GC' } } }]);
    expect(moved.status.counts).toMatchObject({ migrated: 1 });
    expect(options).toMatch(/^-Xmx1g -javaagent:/);
    expect(specs(simulation)).toEqual(before);
  });

  it('finds nothing to do where the options are already', async () => {
    const simulation = await openSimulation({ services: [{ name: 'orders' }] });
    await applyToTheEnd(simulation);
    await finish(simulation);
    const ports = portsWith(simulation, '2.33.1');
    const spec = { to: { files, env: endpoint, jvmOptions: { add: ['-Xmx1g', '-XX:+UseG1GC'] } } };
    await apply(ports, await planWith(ports, spec));
    await finish(simulation);

    const again = await planWith(ports, spec);

    expect(again.items).toMatchObject([{ action: 'skip', skip: { id: 'already-on-target' } }]);
  });

  it('says which settings of an earlier policy the new one does not repeat', async () => {
    const simulation = await openSimulation({ services: [{ name: 'orders' }] });
    await applyToTheEnd(simulation);
    await finish(simulation);

    const plan = await planWith(portsWith(simulation, '2.34.0'), { to: { files } });

    const [said] = plan.items[0]?.findings.filter((each) => each.id === 'settings-not-repeated') ?? [];
    expect(said?.params).toEqual({ names: ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_PROTOCOL'] });
  });
});

function portsWith(simulation: Simulation, version: string): EnginePorts {
  const agent = {
    version,
    files: [{ path: 'agent/javaagent.jar', bytes: new TextEncoder().encode(`PK simulated OpenTelemetry Java agent${version === '2.33.1' ? '' : version}`) }],
  };
  return { ...simulation.openEngine().ports, agentFiles: async () => agent };
}

async function planWith(ports: EnginePorts, spec: JsonObject): Promise<Plan> {
  const document = {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'Changeover',
    metadata: { name: 'upgrade' },
    spec: {
      select: { namespaces: ['shop'] },
      from: { agent: 'opentelemetry' },
      to: { files, env: endpoint },
      rollout: { soak: '20s' },
      ...spec,
    },
  };
  return makePlan(ports, { policy: parsePolicy(document, { file: 'policy', position: () => undefined }), directory: '/', layerScan: true, allow: [] });
}

function apply(ports: EnginePorts, plan: Plan): ReturnType<typeof applyPlan> {
  const never = new AbortController().signal;
  return applyPlan(ports, plan, { ...state, emit: () => undefined, stop: never, kill: never });
}

async function rollBack(ports: EnginePorts, plan: Plan): ReturnType<typeof driveRun> {
  const never = new AbortController().signal;
  await recordDecision(ports, { ...state, run: plan.name, kind: 'rollback', targets: [] });
  return driveRun(ports, plan.name, { ...state, emit: () => undefined, stop: never, kill: never });
}

/** What `finish` leaves: nothing of ours on the objects. */
async function finish(simulation: Simulation): Promise<void> {
  const admin = simulation.world.connect();
  for (const { metadata } of simulation.deployments()) {
    const reference = { resource: target, namespace: 'shop', name: metadata.name };
    for (const name of Object.keys(metadata.annotations ?? {}).filter((each) => each.startsWith('changeover.dev/')))
      await admin.patch(reference, [{ op: 'remove', path: `/metadata/annotations/${name.replace('/', '~1')}` }]);
  }
}

function specs(simulation: Simulation): readonly unknown[] {
  return simulation.deployments().map((object) => podSpec(podTemplate(object)));
}

function environment(simulation: Simulation): string {
  const [container] = containers(podSpec(podTemplate(simulation.deployments()[0] ?? never())));
  return container?.env?.find((each) => each.name === 'CATALINA_OPTS')?.value ?? '';
}

function never(): never {
  throw new Error('no deployment');
}

function tagOf(plan: Plan): string {
  const [item] = plan.items;
  return item?.action === 'migrate' ? (/:([^:@]+)@/.exec(item.target.reference)?.[1] ?? '') : '';
}
