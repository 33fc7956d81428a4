import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driveRun } from '../../src/app/drive-run.ts';
import { recordDecision } from '../../src/app/record-decision.ts';
import type { CallHooks, PortCall } from '../../src/adapters/simulated/intercept.ts';
import { ChangeoverError } from '../../src/core/error.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { Decision } from '../../src/core/rollout/run-record.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import { applyToTheEnd, endOf, openSimulation, type Simulation, type SimulatedService } from './open-simulation.ts';

const crash = { crashAtMs: 1_500 } as const;
const state = { stateNamespace: 'changeover', by: 'test' } as const;

describe('a run', () => {
  it('never has more than a batch in flight, whatever fails and wherever the engine dies', async () => {
    const service = fc.record({ replicas: fc.integer({ min: 1, max: 3 }), bad: fc.boolean() });
    const sizes = fc.record({ batchSize: fc.integer({ min: 1, max: 3 }), waves: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }) });

    await fc.assert(
      fc.asyncProperty(fc.array(service, { minLength: 2, maxLength: 5 }), sizes, fc.integer({ min: 1, max: 400 }), async (drawn, rollout, diesAt) => {
        const services = drawn.map(({ replicas, bad }, index): SimulatedService => ({ name: `service-${index}`, replicas, ...(bad ? { after: crash } : {}) }));
        const simulation = await openSimulation({ services, rollout });
        const most = followInFlight(simulation);

        await simulation.apply((engine) => ({ after: ({ count }) => (count === diesAt ? engine().kill() : undefined) }));
        await applyToTheEnd(simulation);

        expect(most()).toBeGreaterThan(0);
        expect(most()).toBeLessThanOrEqual(rollout.batchSize);
      }),
      { numRuns: 15 },
    );
  });

  it('starts nothing more after a failure, until a person decides', async () => {
    const services = [{ name: 'a-good' }, { name: 'b-bad', after: crash }, { name: 'c-waits' }];
    const simulation = await openSimulation({ services, rollout: { waves: [1], maxFailures: 0 } });
    const before = specs(simulation);

    const halted = await applyToTheEnd(simulation);
    const again = await applyToTheEnd(simulation);
    const waiting = specs(simulation)['c-waits'];
    await decide(simulation, 'exclude', ['shop/Deployment/b-bad']);
    await decide(simulation, 'continue', []);
    const ended = await applyToTheEnd(simulation);

    expect([halted.exitCode, again.exitCode]).toEqual([3, 3]);
    expect(waiting).toEqual(before['c-waits']);
    expect(ended).toMatchObject({ exitCode: 0, status: { phase: 'COMPLETED', counts: { migrated: 2, 'rolled-back': 1 } } });
  });

  it('puts a failed workload back to exactly what was there, with nothing but the outcome left on it', async () => {
    const simulation = await openSimulation({ services: [{ name: 'bad', replicas: 2, after: crash }] });
    const [before] = simulation.deployments();

    await applyToTheEnd(simulation);

    const [after] = simulation.deployments();
    expect(after?.['spec']).toEqual(before?.['spec']);
    expect(ours(after)).toEqual(['changeover.dev/outcome']);
  });

  it('puts a whole fleet back on request, the same way', async () => {
    const simulation = await openSimulation({ services: [{ name: 'one', replicas: 2 }, { name: 'two' }, { name: 'three' }] });
    const before = specs(simulation);
    const migrated = await applyToTheEnd(simulation);
    const between = specs(simulation);

    await decide(simulation, 'rollback', []);
    const back = await drive(simulation);

    expect(migrated.status.counts).toMatchObject({ migrated: 3 });
    expect(between).not.toEqual(before);
    expect(specs(simulation)).toEqual(before);
    expect(simulation.deployments().map(ours)).toEqual([['changeover.dev/outcome'], ['changeover.dev/outcome'], ['changeover.dev/outcome']]);
    expect(back.status.counts).toMatchObject({ 'rolled-back': 3 });
  });

  it('writes nothing when it is applied again after its end', async () => {
    const simulation = await openSimulation({ services: [{ name: 'one' }, { name: 'two' }] });
    await applyToTheEnd(simulation);
    await simulation.world.clock.sleep(60_000);
    const { version } = simulation.world.store;

    const again = await applyToTheEnd(simulation);

    expect(again).toMatchObject({ exitCode: 0, nothingToDo: true });
    expect(simulation.world.store.version).toBe(version);
  });

  it('comes to the same end when answers to its writes get lost', async () => {
    const services = [{ name: 'good' }, { name: 'bad', after: crash }];
    const undisturbed = await openSimulation({ services });
    await applyToTheEnd(undisturbed);
    const expected = await endOf(undisturbed);

    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('before' as const, 'after' as const),
        async (lost, when) => {
          const simulation = await openSimulation({ services });

          await applyThroughErrors(simulation, losing(lost, when));

          expect(await endOf(simulation)).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('obeys a decision that is recorded at any moment, and goes on to the same end', async () => {
    const services = [{ name: 'good' }, { name: 'bad', after: crash, stack: 'spring-skywalking' as const }, { name: 'more' }];
    const undisturbed = await openSimulation({ services, rollout: { waves: [1, 2] } });
    await applyToTheEnd(undisturbed);
    const expected = await endOf(undisturbed);

    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 40, max: 300 }), async (at) => {
        const simulation = await openSimulation({ services, rollout: { waves: [1, 2] } });

        await applyThroughErrors(simulation, () => ({ before: ({ count }) => (count === at ? decide(simulation, 'pause', []) : undefined) }));
        await decide(simulation, 'continue', []).catch(unlessEnded);
        await applyToTheEnd(simulation);

        expect(await endOf(simulation)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('goes on when the answer to a record it wrote is lost', async () => {
    const simulation = await openSimulation({ services: [{ name: 'one' }] });
    let lost = false;

    const result = await simulation.apply(() => ({
      after: (call) => {
        if (lost || recordIn(call)?.['state'] !== 'APPLIED') return;
        lost = true;
        throw new ChangeoverError('unreachable', 'no answer', { retryable: true });
      },
    }));

    expect(lost).toBe(true);
    expect(result).toMatchObject({ exitCode: 0, status: { counts: { migrated: 1 } } });
  });

  it('goes on when a decision is recorded while it writes the run record itself', async () => {
    const simulation = await openSimulation({ services: [{ name: 'bad', after: crash }, { name: 'good' }], rollout: { waves: [2], maxFailures: 0 } });
    let decided = false;

    const result = await simulation.apply(() => ({
      before: async (call) => {
        if (decided || recordIn(call)?.['phase'] !== 'HALTED') return;
        decided = true;
        await decide(simulation, 'pause', []);
      },
    }));

    expect(decided).toBe(true);
    expect(result).toMatchObject({ exitCode: 3, status: { counts: { 'not-run': 1, 'rolled-back': 1 } } });
  });

  it('refuses to be driven twice at once, and names who drives it', async () => {
    const simulation = await openSimulation({ services: [{ name: 'one' }] });

    const first = simulation.apply();
    await simulation.world.clock.sleep(5_000);
    const second = simulation.apply();

    await expect(second).rejects.toMatchObject({ code: 'locked' });
    await expect(second).rejects.toThrow('engine-2');
    expect(await first).toMatchObject({ exitCode: 0 });
  });

  it('lets a stopped engine that wakes up late write nothing any more', async () => {
    const simulation = await openSimulation({ services: [{ name: 'one' }] });
    const asleep = Promise.withResolvers<void>();
    const wakes = Promise.withResolvers<void>();
    let stops = false;
    const stopped = simulation.apply(() => ({
      before: async (call) => {
        stops ||= changesImage(call);
        if (!stops) return;
        asleep.resolve();
        await wakes.promise;
      },
    }));
    await asleep.promise;

    const ended = await simulation.apply();
    const after = specs(simulation);
    wakes.resolve();

    await expect(stopped).rejects.toBeInstanceOf(ChangeoverError);
    expect(ended).toMatchObject({ exitCode: 0, status: { counts: { migrated: 1 } } });
    expect(specs(simulation)).toEqual(after);
    expect(simulation.deployments().map((object) => object.metadata.annotations?.['deployment.kubernetes.io/revision'])).toEqual(['2']);
  });
});

/** The largest number of Deployments that carried our change and no outcome at the same time. */
function followInFlight(simulation: Simulation): () => number {
  let most = 0;
  simulation.world.store.subscribe(({ object }) => {
    if (object.kind !== 'Deployment') return;
    const flying = simulation.deployments().filter((each) => {
      const { 'changeover.dev/marker': marker, 'changeover.dev/outcome': outcome } = each.metadata.annotations ?? {};
      return marker?.includes('"state":"applied"') === true && outcome === undefined;
    });
    most = Math.max(most, flying.length);
  });
  return () => most;
}

async function decide(simulation: Simulation, kind: Decision['kind'], targets: readonly string[]): Promise<void> {
  await recordDecision({ cluster: simulation.world.connect(), clock: simulation.world.clock }, { ...state, run: simulation.plan.name, kind, targets });
}

/** The record a call writes, where it replaces one. */
function recordIn({ method, args }: PortCall): JsonObject | undefined {
  const object = args[0];
  const data = method === 'replace' && isJsonObject(object) ? object['data'] : undefined;
  return isJsonObject(data) && typeof data['record'] === 'string' ? (JSON.parse(data['record']) as JsonObject) : undefined;
}

/** The pause may have come too late to be obeyed. */
function unlessEnded(error: unknown): void {
  if (!(error instanceof ChangeoverError) || error.code !== 'usage') throw error;
}

function drive(simulation: Simulation): ReturnType<typeof driveRun> {
  const never = new AbortController().signal;
  return driveRun(simulation.openEngine().ports, simulation.plan.name, { ...state, emit: (event) => simulation.events.push(event), stop: never, kill: never });
}

/** Hooks that lose the n-th writes to the cluster: on their way there, or their answers. */
function losing(lost: readonly number[], when: 'before' | 'after'): () => CallHooks {
  let writes = 0;
  return () => ({
    [when]: ({ port, method }: PortCall) => {
      if (port !== 'cluster' || !['create', 'replace', 'patch'].includes(method)) return;
      writes += 1;
      if (lost.includes(writes)) throw new ChangeoverError('unreachable', 'no answer', { retryable: true });
    },
  });
}

/** A person who runs `apply` again when the network, or a race, ended it. */
async function applyThroughErrors(simulation: Simulation, hooks: () => CallHooks): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    try {
      await simulation.apply(hooks);
      return;
    } catch (error) {
      if (!(error instanceof ChangeoverError) || !['unreachable', 'locked', 'conflict'].includes(error.code)) throw error;
    }
  }
  throw new Error('the run does not end');
}

function changesImage({ method, args }: PortCall): boolean {
  return method === 'patch' && JSON.stringify(args[1]).includes('/image');
}

function specs(simulation: Simulation): { readonly [name: string]: unknown } {
  return Object.fromEntries(simulation.deployments().map((object) => [object.metadata.name, object['spec']]));
}

function ours(object: KubeObject | undefined): readonly string[] {
  return Object.keys(object?.metadata.annotations ?? {}).filter((key) => key.startsWith('changeover.dev/'));
}
