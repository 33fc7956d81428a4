import { describe, expect, it } from 'vitest';
import { ChangeoverError } from '../../src/core/error.ts';
import type { PodScript } from '../../src/adapters/simulated/pod-script.ts';
import type { CallHooks } from '../../src/adapters/simulated/intercept.ts';
import { PROBE_LABEL } from '../../src/core/boot/boot-pod.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import { applyToTheEnd, openSimulation, type Simulation } from './open-simulation.ts';

const services = [{ name: 'one' }, { name: 'two' }];

describe('a stack whose JVM does not start with the new image', () => {
  it('is left alone, every workload of it, with the log; nothing of it was touched', async () => {
    const dump = Array.from({ length: 40 }, (_, line) => `# dump ${line}`);
    const probe: PodScript = { crashAtMs: 500, lastWords: ['Unrecognized VM option NoSuchFlag', ...dump] };
    const simulation = await openSimulation({ services, probe });
    const before = simulation.deployments().map((object) => object['spec']);

    const { status, exitCode } = await applyToTheEnd(simulation);

    expect(status.workloads.map((each) => each.state)).toEqual(['SKIPPED', 'SKIPPED']);
    expect(status.workloads[0]?.reason).toMatchObject({
      id: 'blocked',
      params: { findings: ['boot-probe-failed'], exitCode: 1, log: ['Unrecognized VM option NoSuchFlag', ...dump.slice(-20)] },
    });
    expect(simulation.deployments().map((object) => object['spec'])).toEqual(before);
    expect(exitCode).toBe(0);
  });
});

describe('a boot probe', () => {
  it('runs once for a stack, before its first workload is touched, and its pod is gone at the end', async () => {
    const simulation = await openSimulation({ services });
    const seen = watchProbes(simulation);

    const { status } = await applyToTheEnd(simulation);

    expect(status.counts).toMatchObject({ migrated: 2 });
    expect(seen.map((pod) => pod.metadata.labels?.[PROBE_LABEL])).toEqual([simulation.plan.name]);
    expect(seen[0]?.metadata.labels).not.toHaveProperty('app');
    expect(probesOf(simulation)).toEqual([]);
    const states = simulation.events.flatMap((event) => (event.type === 'workload.state' && event.to === 'CLAIMED' ? [Date.parse(event.time)] : []));
    expect(Math.min(...states)).toBeGreaterThan(Date.parse(seen[0]?.metadata.creationTimestamp ?? ''));
  });

  it.each<[string, PodScript, string]>([
    ['finds no node', { unschedulableMs: 3_600_000 }, 'Unschedulable'],
    ['waits for a registry that stays busy', { pullError: { message: 'pull QPS exceeded' } }, 'ImagePull'],
    ['finds no java', { crashAtMs: 100, exitCode: 128 }, 'ContainerCannotRun'],
  ])('that %s says that nothing is proven, and holds nothing up', async (_what, probe, because) => {
    const simulation = await openSimulation({ services, probe });

    const { status } = await applyToTheEnd(simulation);

    const warnings = simulation.events.flatMap((event) => (event.type === 'warning' ? [event.reason] : []));
    expect(status.counts).toMatchObject({ migrated: 2 });
    expect(warnings).toMatchObject([{ id: 'boot-not-proven', params: { because } }]);
    expect(probesOf(simulation)).toEqual([]);
  });

  it('that the cluster refuses says so, and holds nothing up', async () => {
    const simulation = await openSimulation({ services });
    const before: CallHooks['before'] = ({ method, args }) => {
      if (method === 'create' && JSON.stringify(args[0]).includes(PROBE_LABEL)) throw new ChangeoverError('denied', 'exceeded quota: compute');
    };

    const result = await simulation.apply(() => ({ before }));

    const warnings = simulation.events.flatMap((event) => (event.type === 'warning' ? [event.reason] : []));
    expect(result).toMatchObject({ status: { counts: { migrated: 2 } } });
    expect(warnings).toMatchObject([{ id: 'boot-not-proven', params: { because: 'refused', detail: 'exceeded quota: compute' } }]);
  });

  it('whose creation got no answer is the same probe', async () => {
    const simulation = await openSimulation({ services });
    const seen = watchProbes(simulation);
    let lost = 0;
    const after: CallHooks['after'] = ({ method, args }) => {
      if (method === 'create' && JSON.stringify(args[0]).includes(PROBE_LABEL) && (lost += 1) === 1)
        throw new ChangeoverError('unreachable', 'the answer was lost', { retryable: true });
    };

    const result = await simulation.apply(() => ({ after }));

    expect(result).toMatchObject({ status: { counts: { migrated: 2 } } });
    expect(lost).toBeGreaterThan(1);
    expect(seen.length).toBeGreaterThan(0);
    expect(probesOf(simulation)).toEqual([]);
  });

  it('that was left behind by a kill is removed by the next start', async () => {
    const simulation = await openSimulation({ services });
    const died = await simulation.apply((engine) => ({
      after: () => (probesOf(simulation).length > 0 ? engine().kill() : undefined),
    }));
    const left = probesOf(simulation).map((pod) => pod.metadata.name);

    const { status } = await applyToTheEnd(simulation);
    await simulation.world.clock.sleep(10_000);

    expect(died).toBe('died');
    expect(left).toHaveLength(1);
    expect(status.counts).toMatchObject({ migrated: 2 });
    expect(probesOf(simulation)).toEqual([]);
  });
});

function probesOf(simulation: Simulation): readonly KubeObject[] {
  return simulation.world.store
    .list('v1', 'Pod')
    .filter((pod) => pod.metadata.labels?.[PROBE_LABEL] !== undefined && pod.metadata.deletionTimestamp === undefined);
}

function watchProbes(simulation: Simulation): readonly KubeObject[] {
  const seen: KubeObject[] = [];
  simulation.world.store.subscribe(({ kind, object }) => {
    if (kind === 'added' && object.metadata.labels?.[PROBE_LABEL] !== undefined) seen.push(object);
  });
  return seen;
}
