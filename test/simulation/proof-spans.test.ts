import { describe, expect, it } from 'vitest';
import { makePlan } from '../../src/app/make-plan.ts';
import { parsePolicy } from '../../src/core/policy/parse-policy.ts';
import type { WorkloadStatus } from '../../src/core/rollout/run-status.ts';
import type { TrafficKind } from '../../src/adapters/simulated/simulated-traffic.ts';
import { SAMPLE_JARS } from '../../src/adapters/simulated/sample-images.ts';
import { applyToTheEnd, openSimulation, type Simulation, type SimulatedService } from './open-simulation.ts';

const jaeger = 'http://jaeger.invalid:16686';

describe('proof: spans', () => {
  it('takes a span of every new pod for proof, and reads no log', async () => {
    const simulation = await open([{ name: 'one', replicas: 2, after: { noProof: true } }]);
    simulation.world.traffic.set('whole');
    let logs = 0;

    const result = await simulation.apply(() => ({ before: ({ method }) => (method === 'logs' ? void (logs += 1) : undefined) }));

    expect(result).toMatchObject({ exitCode: 0, status: { counts: { migrated: 1 } } });
    expect(logs).toBe(0);
  });

  it.each<readonly [string, TrafficKind]>([
    ['no span', 'none'],
    ["nothing but SkyWalking's segments, converted by a tee,", 'tee'],
  ])('halts inconclusive when %s comes by the end of the soak and a minute from the start, and leaves the workload as it is', async (_what, kind) => {
    const simulation = await open([{ name: 'one' }]);
    simulation.world.traffic.set(kind);

    const result = await applyToTheEnd(simulation);

    const workload = only(result.status.workloads);
    expect(result).toMatchObject({ exitCode: 3, status: { halt: { id: 'inconclusive' } } });
    expect(workload).toMatchObject({ state: 'INCONCLUSIVE', reason: { id: 'no-proof', params: { from: 'spans' } } });
    expect(Date.parse(workload?.since ?? '') - soaksSince(simulation)).toBeGreaterThan(55_000);
    expect(Date.parse(workload?.since ?? '') - soaksSince(simulation)).toBeLessThan(90_000);
    expect(JSON.stringify(simulation.deployments()[0]?.['spec'])).toContain('-otel-');
  });

  it('waits for the whole of a longer soak: a pod may get its first request late', async () => {
    const simulation = await open([{ name: 'one' }], '5m');
    const running = applyToTheEnd(simulation);
    while (Number.isNaN(soaksSince(simulation))) await simulation.world.clock.sleep(1_000);
    await simulation.world.clock.sleep(4 * 60_000);
    simulation.world.traffic.set('whole');

    expect(await running).toMatchObject({ exitCode: 0, status: { counts: { migrated: 1 } } });
  });

  it('names the one pod of several that stays silent', async () => {
    const simulation = await open([{ name: 'one', replicas: 2 }]);
    simulation.world.traffic.set('whole');
    const running = applyToTheEnd(simulation);
    const newPods = (): readonly string[] =>
      simulation.world.store
        .list('v1', 'Pod')
        .flatMap(({ metadata, ...pod }) =>
          !metadata.name.startsWith('changeover-probe-') && JSON.stringify(pod['spec']).includes('-otel-') ? [metadata.name] : [],
        );
    while (newPods().length === 0) await simulation.world.clock.sleep(100);
    const [silent = ''] = newPods();
    simulation.world.traffic.set('none', silent);

    const result = await running;

    expect(only(result.status.workloads)).toMatchObject({ state: 'INCONCLUSIVE', reason: { id: 'no-proof', params: { pod: silent } } });
  });

  it('says that the trace store is down while it waits, and goes on when it is back', async () => {
    const simulation = await open([{ name: 'one' }], '5m');
    simulation.world.traffic.set('whole');
    const running = applyToTheEnd(simulation);
    while (!simulation.events.some((event) => event.type === 'workload.state' && event.to === 'APPLIED')) await simulation.world.clock.sleep(100);
    simulation.world.traffic.setUnreachable(true);
    await simulation.world.clock.sleep(2 * 60_000);
    simulation.world.traffic.setUnreachable(false);

    const result = await running;

    const waits = simulation.events.flatMap((event) =>
      event.type === 'workload.state' ? [event.waitingFor] : event.type === 'workload.verdict' ? [event.reason] : [],
    );
    expect(waits).toContainEqual({ id: 'proof', params: { pod: expect.any(String) as string, from: 'spans', detail: 'the simulated trace store is down' } });
    expect(result).toMatchObject({ exitCode: 0, status: { counts: { migrated: 1 } } });
  });

  it('never blames the workload for a trace store that stays down', async () => {
    const simulation = await open([{ name: 'one' }]);
    const running = applyToTheEnd(simulation);
    while (!simulation.events.some((event) => event.type === 'workload.state' && event.to === 'APPLIED')) await simulation.world.clock.sleep(100);
    simulation.world.traffic.setUnreachable(true);

    const result = await running;

    expect(only(result.status.workloads)).toMatchObject({
      state: 'INCONCLUSIVE',
      reason: { id: 'no-proof', params: { detail: 'the simulated trace store is down' } },
    });
  });

  it('refuses to start a run while the trace store is down, before anything is written', async () => {
    const simulation = await open([{ name: 'one' }]);
    simulation.world.traffic.setUnreachable(true);
    const { version } = simulation.world.store;

    await expect(simulation.apply()).rejects.toMatchObject({ code: 'unreachable', hint: expect.stringContaining('spec.proof: spans') as string });

    expect(simulation.world.store.version).toBe(version);
  });

  it('refuses to plan while the trace store is down', async () => {
    const simulation = await open([{ name: 'one' }]);
    simulation.world.traffic.setUnreachable(true);
    const policy = parsePolicy(simulation.plan.policy, { file: 'policy', position: () => undefined });

    const { ports } = simulation.openEngine();

    const planning = makePlan(ports, { policy, directory: '/', layerScan: true, allow: [], traces: ports.traces });

    await expect(planning).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('asks once in ten seconds for all workloads that report under one name', async () => {
    const options = `-javaagent:${SAMPLE_JARS.skywalking} -Dskywalking.agent.service_name=shared -Dskywalking.collector.backend_service=oap:11800`;
    const container = { env: [{ name: 'CATALINA_OPTS', value: options }] };
    const simulation = await open([
      { name: 'one', container },
      { name: 'two', container, after: { readyMs: 30_000 } },
    ]);
    simulation.world.traffic.set('whole');

    const result = await applyToTheEnd(simulation);

    const times = simulation.world.traffic.asked.map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(result).toMatchObject({ exitCode: 0, status: { counts: { migrated: 2 } } });
    expect(new Set(simulation.world.traffic.asked.map(({ service }) => service))).toEqual(new Set(['shared']));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10_000);
  });
});

function open(services: readonly SimulatedService[], soak = '20s'): Promise<Simulation> {
  return openSimulation({ services, rollout: { soak, waves: [2] }, spec: { proof: 'spans', verify: { jaeger } } });
}

function only(workloads: readonly WorkloadStatus[]): WorkloadStatus | undefined {
  return workloads.length === 1 ? workloads[0] : undefined;
}

/** When the first workload began to soak; NaN before. */
function soaksSince(simulation: Simulation): number {
  return Date.parse(simulation.events.find((event) => event.type === 'workload.state' && event.to === 'SOAKING')?.time ?? '');
}
