import { describe, expect, it } from 'vitest';
import { driveRun } from '../../src/app/drive-run.ts';
import { recordDecision } from '../../src/app/record-decision.ts';
import { ChangeoverError } from '../../src/core/error.ts';
import { applyToTheEnd, openSimulation } from './open-simulation.ts';

const never = new AbortController().signal;
const services = [{ name: 'a', after: { crashAtMs: 50_000 } }, { name: 'b' }, { name: 'c' }];

describe('a workload that crashes after its success', () => {
  it('is found before the next batch: nothing more starts, and it is left as it is until a person decides', async () => {
    const simulation = await openSimulation({ services, rollout: { waves: [1] } });
    const before = simulation.deployments().map((object) => object['spec']);

    const halted = await applyToTheEnd(simulation);

    const states = Object.fromEntries(halted.status.workloads.map((each) => [each.id.split('/')[2], each.state]));
    expect(halted).toMatchObject({ exitCode: 3, status: { phase: 'HALTED', halt: { id: 'regressed', workloads: ['shop/Deployment/a'] } } });
    expect(states).toEqual({ a: 'REGRESSED', b: 'SUCCEEDED', c: 'PLANNED' });
    expect(simulation.deployments()[2]?.['spec']).toEqual(before[2]);
    expect(simulation.deployments()[0]?.['spec']).not.toEqual(before[0]);
  });

  it('goes back when a person asks for it, and the run goes on', async () => {
    const simulation = await openSimulation({ services, rollout: { waves: [1] } });
    const before = simulation.deployments().map((object) => object['spec']);
    await applyToTheEnd(simulation);
    const run = { stateNamespace: 'changeover', run: simulation.plan.name, by: 'test' };

    await recordDecision(simulation.openEngine().ports, { ...run, kind: 'rollback', targets: ['shop/Deployment/a'] });
    await recordDecision(simulation.openEngine().ports, { ...run, kind: 'continue', targets: [] });
    const ended = await driveRun(simulation.openEngine().ports, simulation.plan.name, { ...run, emit: () => undefined, stop: never, kill: never });

    expect(ended).toMatchObject({ exitCode: 0, status: { counts: { migrated: 2, 'rolled-back': 1 } } });
    expect(simulation.deployments()[0]?.['spec']).toEqual(before[0]);
  });

  it('costs one list per namespace and batch', async () => {
    const simulation = await openSimulation({ services: [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }], rollout: { waves: [2], batchSize: 2 } });
    let lists = 0;

    await simulation.apply(() => ({
      before: ({ method, args }) => {
        const [query] = args as readonly [{ readonly resource?: { readonly kind: string }; readonly labelSelector?: string; readonly fieldSelector?: string }];
        if (method === 'list' && query.resource?.kind === 'Pod' && query.labelSelector === undefined && query.fieldSelector === undefined) lists += 1;
      },
    }));

    expect(simulation.plan.batches.length).toBeGreaterThan(1);
    expect(lists).toBe(simulation.plan.batches.length - 1);
  });
});

describe('a way back that cannot be sent', () => {
  it.each([
    ['is never answered', new ChangeoverError('unreachable', 'HTTP 500', { retryable: true })],
    ['is denied', new ChangeoverError('denied', 'may not patch deployments')],
  ])('and %s stops with RB_FAILED, and exit code 4: nothing more starts', async (_what, error) => {
    const simulation = await openSimulation({ services: [{ name: 'bad', after: { crashAtMs: 1_500 } }, { name: 'good' }] });
    let refused = 0;

    const result = await simulation.apply(() => ({
      before: ({ method, args }) => {
        if (method !== 'patch' || !JSON.stringify(args[1]).includes('rolled-back')) return;
        refused += 1;
        throw error;
      },
    }));

    const states = result === 'died' ? [] : result.status.workloads.map((each) => each.state);
    expect(result).toMatchObject({ exitCode: 4, status: { halt: { id: 'rollback-failed' } } });
    expect(states).toEqual(['RB_FAILED', 'PLANNED']);
    expect(refused).toBe(error.retryable ? 18 : 1);
  });
});
