import { describe, expect, it } from 'vitest';
import { applyPlan } from '../../src/app/apply-plan.ts';
import { driveRun } from '../../src/app/drive-run.ts';
import { recordDecision } from '../../src/app/record-decision.ts';
import { readRun } from '../../src/app/state-store.ts';
import { ChangeoverError } from '../../src/core/error.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { RunEvent } from '../../src/core/rollout/event.ts';
import { readOutcome } from '../../src/core/rollout/marker.ts';
import type { Notifier } from '../../src/ports/notifier.ts';
import { openSimulation, type Simulation } from './open-simulation.ts';

const never = new AbortController().signal;
const stateNamespace = 'changeover';
const services = [{ name: 'orders' }, { name: 'bad', after: { crashAtMs: 1_500 } }] as const;
const open = (on: readonly string[] = ['halt', 'done']): Promise<Simulation> =>
  openSimulation({ services, rollout: { maxFailures: 0 }, spec: { owners: { label: 'app' }, notify: [{ kind: 'webhook', urlFrom: 'env:HOOK', on }] } });

describe('notices of a run', () => {
  it('say when it halts, to whom it matters and why, and when it ends', async () => {
    const simulation = await open();
    const { notifier, sent } = recorder();

    await apply(simulation, notifier);
    await goOn(simulation, notifier);

    expect(sent.map((body) => body['type'])).toEqual(['run.halted', 'run.finished']);
    expect(sent[0]).toMatchObject({
      run: simulation.plan.name,
      reason: { id: 'workload-failed' },
      startedBy: 'ada@desk',
      startedAs: 'simulated-admin',
      why: 'quarterly',
      ticket: 'CHG-1',
      owners: ['bad'],
    });
    expect(sent[0]?.['workloads']).toEqual([expect.objectContaining({ id: 'shop/Deployment/bad', owner: 'bad', cause: { id: 'crash', line: '' } })]);
    expect(sent[1]).toMatchObject({ phase: 'COMPLETED', counts: { migrated: 1, 'rolled-back': 1 } });
  });

  it('are sent once a drive, and again by a command that leaves the run halted', async () => {
    const simulation = await open();
    const { notifier, sent } = recorder();

    await apply(simulation, notifier);
    expect(sent).toHaveLength(1);
    await apply(simulation, notifier);

    expect(sent.map((body) => body['type'])).toEqual(['run.halted', 'run.halted']);
  });

  it('are sent on the occasions that the policy names alone', async () => {
    const simulation = await open(['done']);
    const { notifier, sent } = recorder();

    await apply(simulation, notifier);

    expect(sent).toEqual([]);
  });

  it('that cannot be delivered are a warning and change nothing else', async () => {
    const simulation = await open();
    const events: RunEvent[] = [];
    const broken: Notifier = { check: () => undefined, send: () => Promise.reject(new ChangeoverError('unreachable', 'the webhook in HOOK answers 503')) };

    const { exitCode } = await apply(simulation, broken, events);

    expect(exitCode).toBe(3);
    expect(events.flatMap((event) => (event.type === 'warning' ? [event.reason.id] : []))).toEqual(['notice-not-sent']);
  });

  it('are refused before anything is written where they could never be sent', async () => {
    const simulation = await open();
    const check = (): never => {
      throw new ChangeoverError('usage', 'the variable HOOK is not set');
    };

    await expect(apply(simulation, { check, send: async () => undefined })).rejects.toThrow('HOOK is not set');

    expect(await readRun(simulation.world.connect(), stateNamespace, simulation.plan.name)).toBeUndefined();
  });
});

describe('the outcome on a workload', () => {
  it('says who asked for it, as whom, why, and under which ticket', async () => {
    const simulation = await open();

    await apply(simulation, recorder().notifier);
    await goOn(simulation, recorder().notifier);
    await recordDecision(simulation.openEngine().ports, {
      stateNamespace,
      kind: 'rollback',
      targets: ['shop/deployment/orders'],
      by: 'bob@desk',
      reason: 'slow',
    });
    const before = outcomes(simulation);
    await drive(simulation, recorder().notifier);

    expect(before).toEqual({
      bad: expect.objectContaining({ status: 'rolled-back', by: 'ada@desk', as: 'simulated-admin', why: 'quarterly', ticket: 'CHG-1' }),
      orders: expect.objectContaining({ status: 'migrated', by: 'ada@desk', as: 'simulated-admin', why: 'quarterly', ticket: 'CHG-1' }),
    });
    expect(outcomes(simulation)['orders']).toMatchObject({ status: 'rolled-back', by: 'bob@desk', why: 'slow' });
  });
});

function recorder(): { readonly notifier: Notifier; readonly sent: JsonObject[] } {
  const sent: JsonObject[] = [];
  return { sent, notifier: { check: () => undefined, send: async (_, body) => void sent.push(body) } };
}

const driving = (events: RunEvent[] = []): Parameters<typeof driveRun>[2] => ({
  stateNamespace,
  by: 'ada@desk',
  emit: (event) => events.push(event),
  stop: never,
  kill: never,
});

function apply(simulation: Simulation, notifier: Notifier, events?: RunEvent[]): ReturnType<typeof applyPlan> {
  return applyPlan({ ...simulation.openEngine().ports, notifier }, simulation.plan, { ...driving(events), reason: 'quarterly', ticket: 'CHG-1' });
}

function drive(simulation: Simulation, notifier: Notifier): ReturnType<typeof driveRun> {
  return driveRun({ ...simulation.openEngine().ports, notifier }, simulation.plan.name, driving());
}

async function goOn(simulation: Simulation, notifier: Notifier): Promise<void> {
  await recordDecision(simulation.openEngine().ports, { stateNamespace, kind: 'continue', targets: [], by: 'ada@desk' });
  await drive(simulation, notifier);
}

function outcomes(simulation: Simulation): { readonly [name: string]: object | undefined } {
  return Object.fromEntries(simulation.deployments().map((each) => [each.metadata.name, readOutcome(each)]));
}
