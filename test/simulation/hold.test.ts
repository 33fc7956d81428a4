import { describe, expect, it } from 'vitest';
import { applyPlan } from '../../src/app/apply-plan.ts';
import type { RunResult } from '../../src/app/drive-run.ts';
import { readStatus } from '../../src/app/read-status.ts';
import { recordDecision } from '../../src/app/record-decision.ts';
import { ChangeoverError } from '../../src/core/error.ts';
import type { RunEvent } from '../../src/core/rollout/event.ts';
import type { ReleaseGate } from '../../src/ports/release-gate.ts';
import { applyToTheEnd, openSimulation, type Simulation } from './open-simulation.ts';

describe('a run with change windows', () => {
  it('waits for its window, says until when, and then moves the fleet', async () => {
    const clock = (await openSimulation({ services: [] })).world.clock;
    const opens = new Date(clock.now() + 2 * 3_600_000);
    const schedule = `${opens.getUTCMinutes()} ${opens.getUTCHours()} * * *`;
    const until = new Date(opens.setUTCSeconds(0, 0)).toISOString();
    const rollout = { windows: [{ kind: 'allow', schedule, duration: '1h' }] };
    const simulation = await openSimulation({ services: [{ name: 'a' }, { name: 'b' }], rollout });
    const running = simulation.apply();
    await simulation.world.clock.sleep(3_600_000);

    const status = await readStatus({ cluster: simulation.world.connect(), clock: simulation.world.clock }, { stateNamespace: 'changeover' });
    const before = simulation.events.map((event) => event.type);
    const ended = await running;

    expect(status).toMatchObject({ phase: 'RUNNING', held: { id: 'window-closed', params: { by: 'allow', until } } });
    expect(before).toEqual(['run.started', 'warning']);
    expect(ended).toMatchObject({ exitCode: 0, status: { counts: { migrated: 2 } } });
    const first = simulation.events.find((event) => event.type === 'batch.started');
    expect(Date.parse(first?.time ?? '')).toBeGreaterThanOrEqual(Date.parse(until));
  });
});

describe('a run with a limit of surge pods', () => {
  it('never has more extra pods than that in rollouts under way, and moves everybody', async () => {
    const services = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, replicas: 4 }));
    const simulation = await openSimulation({ services, rollout: { waves: [1, 10], maxSurgePods: 2 } });
    const surge = new Map(simulation.plan.items.flatMap((item) => (item.action === 'migrate' ? [[item.id, item.surge] as const] : [])));

    const ended = await applyToTheEnd(simulation);

    const flying = new Set<string>();
    let most = 0;
    for (const event of simulation.events) {
      if (event.type !== 'workload.state') continue;
      if (['ARTIFACT', 'READY', 'CLAIMED', 'APPLY_INTENT', 'APPLIED', 'ROLLING'].includes(event.to)) flying.add(event.workload);
      else flying.delete(event.workload);
      most = Math.max(
        most,
        [...flying].reduce((sum, id) => sum + (surge.get(id) ?? 0), 0),
      );
    }
    expect(ended).toMatchObject({ exitCode: 0, status: { counts: { migrated: 5 } } });
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(2);
  });
});

describe('a run with a release gate', () => {
  const gates = [
    { url: 'https://release.example.com/gate', when: 'beforeBatch' },
    { url: 'https://release.example.com/gate', when: 'beforeWorkload' },
  ];

  it('asks before each batch and workload, waits as long as it must, and says what for', async () => {
    const simulation = await openSimulation({ services: [{ name: 'a' }, { name: 'b' }], spec: { gates } });
    const { clock } = simulation.world;
    const from = clock.now();
    const asked: string[] = [];
    const releaseGate: ReleaseGate = {
      ask: async (_gate, { batch, workload = 'batch' }) => {
        asked.push(`${batch} ${workload}`);
        if (clock.now() - from < 120_000) throw new ChangeoverError('unreachable', 'the release gate does not answer');
        return { answer: 'allow', reason: '' };
      },
    };

    const ended = await apply(simulation, releaseGate);

    expect(ended).toMatchObject({ exitCode: 0, status: { counts: { migrated: 2 } } });
    expect([...new Set(asked)]).toEqual(['1 batch', '1 shop/Deployment/a', '2 batch', '2 shop/Deployment/b']);
    expect(asked.length).toBeLessThan(60);
    const started = simulation.events.find((event) => event.type === 'workload.state');
    expect(Date.parse(started?.time ?? '') - from).toBeGreaterThanOrEqual(120_000);
    expect(simulation.events.filter((event) => event.type === 'warning').map((event) => event.reason.params['detail'])).toContain(
      'the release gate does not answer',
    );
  });

  it('halts on a deny, asks again after a continue, and asks nobody about what is left out', async () => {
    const simulation = await openSimulation({ services: [{ name: 'a' }, { name: 'b' }, { name: 'c' }], spec: { gates }, rollout: { waves: [1] } });
    const releaseGate: ReleaseGate = {
      ask: async (_gate, { workload }) => (workload?.endsWith('/b') === true ? { answer: 'deny', reason: 'b is frozen' } : { answer: 'allow', reason: '' }),
    };
    const decide = (kind: 'continue' | 'exclude', targets: readonly string[]) =>
      recordDecision({ cluster: simulation.world.connect(), clock: simulation.world.clock }, { stateNamespace: 'changeover', kind, targets, by: 'ada' });

    const halted = await apply(simulation, releaseGate);
    await decide('continue', []);
    const again = await apply(simulation, releaseGate);
    await decide('exclude', ['shop/Deployment/b']);
    await decide('continue', []);
    const ended = await apply(simulation, releaseGate);

    for (const each of [halted, again]) {
      expect(each).toMatchObject({
        exitCode: 3,
        status: { halt: { id: 'release-denied', workloads: ['shop/Deployment/b'], params: { detail: 'b is frozen' } } },
      });
    }
    expect(ended).toMatchObject({ exitCode: 0, status: { counts: { migrated: 2, skipped: 1 } } });
  });
});

function apply(simulation: Simulation, releaseGate: ReleaseGate): Promise<RunResult> {
  const never = new AbortController().signal;
  const options = { stateNamespace: 'changeover', by: 'test', emit: (event: RunEvent) => void simulation.events.push(event), stop: never, kill: never };
  return applyPlan({ ...simulation.openEngine().ports, releaseGate }, simulation.plan, options);
}
