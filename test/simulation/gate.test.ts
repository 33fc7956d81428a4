import { describe, expect, it } from 'vitest';
import { readStatus } from '../../src/app/read-status.ts';
import { recordDecision } from '../../src/app/record-decision.ts';
import type { RunResult } from '../../src/app/drive-run.ts';
import type { PortCall } from '../../src/adapters/simulated/intercept.ts';
import { GATE_WAIT_MS } from '../../src/core/rollout/judge-gate.ts';
import { isJsonObject } from '../../src/core/json.ts';
import type { Decision, Gate, Reason, RunRecord } from '../../src/core/rollout/run-record.ts';
import { applyToTheEnd, openSimulation, type Simulation } from './open-simulation.ts';

const state = { stateNamespace: 'changeover', by: 'test' } as const;
const jaeger = 'http://jaeger.invalid:16686';
const services = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];

describe('the gate between two batches', () => {
  it('lets batch after batch start while all that was switched is seen whole, and holds nothing after the last', async () => {
    const simulation = await open();
    simulation.world.traffic.set('whole');

    const ended = await applyToTheEnd(simulation);

    expect(ended).toMatchObject({ exitCode: 0, status: { phase: 'COMPLETED', counts: { migrated: 3 } } });
    expect(startedBatches(simulation)).toEqual([1, 2, 3]);
    expect((await status(simulation)).holding).toBeUndefined();
  });

  it('holds the next batch until traffic comes, and everybody can see what for', async () => {
    const simulation = await open();
    const running = simulation.apply();
    await held(simulation);
    await simulation.world.clock.sleep(60_000);

    const during = await status(simulation);
    const before = startedBatches(simulation);
    simulation.world.traffic.set('whole');
    const ended = await running;

    expect(during).toMatchObject({ phase: 'RUNNING', batch: 2, holding: { batch: 2, waitingFor: waiting(2, ['shop/Deployment/a'], ['no-traffic']) } });
    expect(before).toEqual([1]);
    expect(ended).toMatchObject({ exitCode: 0, status: { counts: { migrated: 3 } } });
    expect(holdings(simulation)[0]).toMatchObject(waiting(2, ['shop/Deployment/a'], ['no-traffic']));
  });

  it('asks a person when no traffic comes in ten minutes, whose continue lets that batch through and holds the next again', async () => {
    const simulation = await open();
    simulation.world.traffic.set('whole', 'b');

    const halted = await applyToTheEnd(simulation);
    const at = simulation.world.clock.now();
    const again = await applyToTheEnd(simulation);
    await decide(simulation, 'continue');
    const next = await applyToTheEnd(simulation);

    expect(halted).toMatchObject({ exitCode: 3, status: { phase: 'HALTED', halt: { id: 'gate-inconclusive', workloads: ['shop/Deployment/a'] } } });
    expect(again.status.halt).toEqual(halted.status.halt);
    expect(at - heldAt(simulation)).toBeGreaterThan(GATE_WAIT_MS - 5_000);
    expect(at - heldAt(simulation)).toBeLessThan(GATE_WAIT_MS + 20_000);
    expect(next.status).toMatchObject({ phase: 'HALTED', halt: { id: 'gate-inconclusive', params: { batch: 3, services: ['shop/Deployment/a'] } } });
    expect(startedBatches(simulation)).toEqual([1, 2]);
  });

  it('halts on broken traces with service, finding and example; continue goes on', async () => {
    const simulation = await open([{ name: 'a' }, { name: 'b' }]);
    simulation.world.traffic.set('broken');

    const halted = await applyToTheEnd(simulation);
    const example = halted.status.halt?.params?.['traces'];
    await decide(simulation, 'continue');
    const ended = await applyToTheEnd(simulation);

    expect(halted).toMatchObject({
      exitCode: 3,
      status: {
        counts: { migrated: 1, 'not-run': 1 },
        halt: { id: 'gate-broken', workloads: ['shop/Deployment/a'], params: { batch: 2, services: ['shop/Deployment/a'], findings: ['orphan-spans'] } },
      },
    });
    expect(example).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.anything(), expect.anything()]);
    expect(simulation.events.findLast((event) => event.type === 'run.halted')).toMatchObject({ reason: { id: 'gate-broken', params: { batch: 2 } } });
    expect(ended).toMatchObject({ exitCode: 0, status: { counts: { migrated: 2 } } });
  });

  it('does not wait for what failed and was put back', async () => {
    const simulation = await open([{ name: 'a', after: { crashAtMs: 1_000 }, stack: 'spring-skywalking' }, { name: 'b' }]);

    const ended = await applyToTheEnd(simulation);

    expect(ended).toMatchObject({ exitCode: 0, status: { counts: { migrated: 1, 'rolled-back': 1 } } });
  });

  it('takes a trace store that is down for no answer: waits, asks a person, and touches nothing', async () => {
    const simulation = await open([{ name: 'a' }, { name: 'b' }]);
    simulation.world.traffic.set('whole');
    const running = simulation.apply();
    while (!simulation.events.some((event) => event.type === 'workload.state' && event.to === 'SOAKING')) await simulation.world.clock.sleep(1_000);
    simulation.world.traffic.setUnreachable(true);

    const halted = await running;

    expect(halted).toMatchObject({
      exitCode: 3,
      status: { counts: { migrated: 1, 'not-run': 1 }, halt: { id: 'gate-inconclusive', params: { because: ['trace-store-failed'] } } },
    });
  });

  it('asks the trace store at most once in ten seconds for each service', async () => {
    const simulation = await open([{ name: 'a' }, { name: 'b' }]);

    await applyToTheEnd(simulation);

    const times = simulation.world.traffic.asked.filter(({ service }) => service === 'a').map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(times.length).toBeGreaterThan(50);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10_000);
  });

  it('obeys pause, rollback and abort while it holds', async () => {
    const paused = await decideWhileHeld('pause');
    const aborted = await decideWhileHeld('abort');
    const back = await decideWhileHeld('rollback');

    expect(paused).toMatchObject({ exitCode: 3, status: { phase: 'PAUSED', counts: { migrated: 1, 'not-run': 2 } } });
    expect(aborted).toMatchObject({ exitCode: 0, status: { phase: 'ABORTED', counts: { migrated: 1, 'not-run': 2 } } });
    expect(back).toMatchObject({ exitCode: 0, status: { phase: 'COMPLETED', counts: { 'rolled-back': 1, 'not-run': 2 } } });
  });

  it('starts a held batch when a person says so, and keeps holding after a pause', async () => {
    const through = await open([{ name: 'a' }, { name: 'b' }]);
    const running = through.apply();
    await held(through);
    await decide(through, 'continue');
    const paused = await open([{ name: 'a' }, { name: 'b' }]);
    const first = paused.apply();
    await held(paused);
    await decide(paused, 'pause');
    await first;
    await decide(paused, 'continue');
    const resumed = await applyToTheEnd(paused);

    expect(await running).toMatchObject({ exitCode: 0, status: { counts: { migrated: 2 } } });
    expect(resumed).toMatchObject({ exitCode: 3, status: { halt: { id: 'gate-inconclusive' }, counts: { migrated: 1 } } });
  });

  it('neither repeats nor forgets a barrier wherever the engine dies around it', async () => {
    const undisturbed = await open();
    undisturbed.world.traffic.set('whole');
    const gates: number[] = [];
    await undisturbed.apply(() => ({ before: (call) => (isGate(call) ? void gates.push(call.count) : undefined) }));

    expect(gates.length).toBeGreaterThanOrEqual(4);
    for (const at of gates.flatMap((count) => [count - 1, count, count + 1])) {
      for (const when of ['before', 'after'] as const) {
        const simulation = await open();
        simulation.world.traffic.set('whole');
        const wrong = followGate(simulation);
        await simulation.apply((engine) => ({ [when]: (call: PortCall) => (call.count === at ? engine().kill() : undefined) }));
        const ended = await applyToTheEnd(simulation);

        expect(ended, `died ${when} call ${at}`).toMatchObject({ exitCode: 0, status: { counts: { migrated: 3 } } });
        expect(wrong(), `died ${when} call ${at}`).toEqual([]);
      }
    }
  });

  it('remembers a continue that was recorded while nobody drove the run', async () => {
    const simulation = await open([{ name: 'a' }, { name: 'b' }]);
    void simulation.apply((engine) => ({ after: async (call) => (isGate(call) ? engine().kill() : undefined) }));
    await simulation.world.clock.sleep(5 * 60_000);
    const dead = await status(simulation);
    await decide(simulation, 'continue');

    const ended = await applyToTheEnd(simulation);

    expect(dead).toMatchObject({ phase: 'RUNNING', holding: { batch: 2 } });
    expect(ended).toMatchObject({ exitCode: 0, status: { counts: { migrated: 2 } } });
  });
});

function open(fleet: Parameters<typeof openSimulation>[0]['services'] = services): Promise<Simulation> {
  return openSimulation({ services: fleet, rollout: { waves: [1], batchSize: 1 }, spec: { verify: { jaeger, gate: true } } });
}

function status(simulation: Simulation): ReturnType<typeof readStatus> {
  return readStatus({ cluster: simulation.world.connect(), clock: simulation.world.clock }, { ...state, run: simulation.plan.name });
}

async function decide(simulation: Simulation, kind: Decision['kind']): Promise<void> {
  await recordDecision({ cluster: simulation.world.connect(), clock: simulation.world.clock }, { ...state, run: simulation.plan.name, kind, targets: [] });
}

async function held(simulation: Simulation): Promise<void> {
  while (holdings(simulation).length === 0) await simulation.world.clock.sleep(1_000);
}

async function decideWhileHeld(kind: Decision['kind']): Promise<RunResult | 'died'> {
  const simulation = await open();
  const running = simulation.apply();
  await held(simulation);
  await decide(simulation, kind);
  return running;
}

function startedBatches(simulation: Simulation): readonly number[] {
  return simulation.events.flatMap((event) => (event.type === 'batch.started' ? [event.batch] : []));
}

function holdings(simulation: Simulation): readonly Reason[] {
  return simulation.events.flatMap((event) => (event.type === 'warning' && event.reason.id === 'gate-holding' ? [event.reason] : []));
}

/** When the first hold was told; milliseconds since the epoch. */
function heldAt(simulation: Simulation): number {
  const told = simulation.events.find((event) => event.type === 'warning' && event.reason.id === 'gate-holding');
  return Date.parse(told?.time ?? '');
}

function waiting(batch: number, workloads: readonly string[], because: readonly string[]): object {
  return { id: 'gate-holding', params: { batch, services: workloads, more: 0, because } };
}

/** Whether a call writes the run record with a gate in it. */
function isGate({ method, args }: PortCall): boolean {
  return method === 'replace' && gateIn(args[0]) !== undefined;
}

function gateIn(object: unknown): Gate | undefined {
  const data = isJsonObject(object) ? object['data'] : undefined;
  const text = isJsonObject(data) ? data['record'] : undefined;
  return typeof text === 'string' ? (JSON.parse(text) as RunRecord).gate : undefined;
}

/** What must never be: a barrier passed that is held again, or a workload changed before its batch was let through. */
function followGate(simulation: Simulation): () => readonly string[] {
  const wrong: string[] = [];
  let open = 1;
  simulation.world.store.subscribe(({ object }) => {
    const gate = gateIn(object);
    if (gate && (gate.open < open || (gate.holding && gate.holding.batch <= open))) wrong.push(`${JSON.stringify(gate)} after ${open} was open`);
    open = Math.max(open, gate?.open ?? 1);
    const batch = simulation.plan.batches.findIndex((ids) => ids.includes(`shop/Deployment/${object.metadata.name}`)) + 1;
    const changed = object.kind === 'Deployment' && object.metadata.annotations?.['changeover.dev/marker'] !== undefined;
    if (changed && batch > open) wrong.push(`batch ${batch} was changed while ${open} was open`);
  });
  return () => wrong;
}
