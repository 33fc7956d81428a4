import { describe, expect, it } from 'vitest';
import { openSimulatedRegistry } from '../../src/adapters/simulated/simulated-registry.ts';
import { applyPlan, type ApplyOptions } from '../../src/app/apply-plan.ts';
import type { RunResult } from '../../src/app/drive-run.ts';
import type { EnginePorts } from '../../src/app/ports.ts';
import { ChangeoverError } from '../../src/core/error.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { openSimulation, type Simulation, type SimulationOptions } from './open-simulation.ts';

const sign = ['cosign', 'sign', '{ref}'];
const services = [{ name: 'first' }, { name: 'second' }];
const options: SimulationOptions = { services, rollout: { soak: '10s', waves: [2] } };

async function apply(simulation: Simulation, more: Partial<EnginePorts>): Promise<RunResult> {
  const never = new AbortController().signal;
  const driven = { stateNamespace: 'changeover', by: 'test', emit: (event) => simulation.events.push(event), stop: never, kill: never } satisfies ApplyOptions;
  return applyPlan({ ...simulation.openEngine().ports, ...more }, simulation.plan, driven);
}

function reasonOf({ status }: RunResult, name: string): unknown {
  return status.workloads.find((each) => each.id.endsWith(`/${name}`))?.reason;
}

describe('signing in a run', () => {
  it('runs the command once for each image, by repository and digest', async () => {
    const simulation = await openSimulation({ ...options, spec: { image: { sign } } });
    const signed: string[] = [];
    const runCommand: EnginePorts['runCommand'] = async (argv) => {
      signed.push(argv.at(-1) ?? '');
      return { exitCode: 0, timedOut: false, output: '' };
    };

    const result = await apply(simulation, { runCommand });

    const targets = simulation.plan.items.flatMap((item) => (item.action === 'migrate' ? [`${item.source.repository}@${item.target.digest}`] : []));
    expect(result.exitCode).toBe(0);
    expect(signed.sort()).toEqual(targets.sort());
  });

  it('leaves a workload untouched whose image cannot be signed, and moves the others', async () => {
    const simulation = await openSimulation({ ...options, spec: { image: { sign } } });
    const runCommand: EnginePorts['runCommand'] = async (argv) => {
      const exitCode = argv.at(-1)?.includes('/second@') === true ? 1 : 0;
      return { exitCode, timedOut: false, output: 'no key' };
    };

    const result = await apply(simulation, { runCommand });

    expect(result.status.counts).toMatchObject({ migrated: 1, skipped: 1 });
    expect(reasonOf(result, 'second')).toMatchObject({ id: 'blocked', params: { findings: ['sign-failed'] } });
    expect(simulation.deployments().map((each) => each.metadata.annotations?.['changeover.dev/marker'] === undefined)).toContain(true);
  });
});

describe('the proof that nodes can pull', () => {
  const pod = { imagePullSecrets: [{ name: 'regcred' }] };
  const withSecret = { ...options, services: services.map((each) => ({ ...each, pod })) };

  it('is made with the pull secrets of the pods, and waits for a registry that holds the image back', async () => {
    const simulation = await openSimulation(withSecret);
    const asked: unknown[] = [];
    let held = 3;
    const pullAs = (secrets: unknown): Registry => {
      asked.push(secrets);
      const { registry } = simulation.openEngine().ports;
      const manifest: Registry['manifest'] = async (repository, reference, signal) => {
        if (reference !== targetOf(simulation, 'first') || (held -= 1) < 0) return registry.manifest(repository, reference, signal);
        throw new ChangeoverError('refused', 'PRECONDITION: not scanned yet (HTTP 412 from registry.example.com)');
      };
      return { ...registry, manifest };
    };

    const result = await apply(simulation, { pullAs });

    expect(result.status.counts).toMatchObject({ migrated: 2 });
    expect(asked).toContainEqual([{ namespace: 'shop', name: 'regcred' }]);
    expect(held).toBeLessThan(0);
  });

  it('keeps a workload as it is whose pods could not pull the new image', async () => {
    const simulation = await openSimulation(withSecret);
    const pullAs = (): Registry => {
      const { registry } = simulation.openEngine().ports;
      const manifest: Registry['manifest'] = async (repository, reference, signal) => {
        if (reference === targetOf(simulation, 'second')) throw new ChangeoverError('denied', 'DENIED');
        return registry.manifest(repository, reference, signal);
      };
      return { ...registry, manifest };
    };

    const result = await apply(simulation, { pullAs });

    expect(result.status.counts).toMatchObject({ migrated: 1, skipped: 1 });
    expect(reasonOf(result, 'second')).toMatchObject({ id: 'blocked', params: { findings: ['not-pullable'], detail: 'DENIED' } });
  });

  it('takes our own credentials where the secrets do not read the old image either', async () => {
    const simulation = await openSimulation(withSecret);
    const pullAs = (): Registry => openSimulatedRegistry({ pullDenied: ['registry.example.com'] });

    expect((await apply(simulation, { pullAs })).status.counts).toMatchObject({ migrated: 2 });
  });
});

describe('what a run sent', () => {
  it('is told by registry, with each image and at the end', async () => {
    const simulation = await openSimulation(options);

    const result = await apply(simulation, {});

    const used = { 'registry.example.com': { requests: expect.any(Number), up: expect.any(Number), down: expect.any(Number) } };
    expect(simulation.events.find((each) => each.type === 'image.pushed')).toMatchObject({ registries: used });
    expect(simulation.events.find((each) => each.type === 'run.finished')).toMatchObject({ registries: used });
    expect(result.status.registries).toMatchObject(used);
  });
});

function targetOf({ plan }: Simulation, name: string): string | undefined {
  const item = plan.items.find((each) => each.id.endsWith(`/${name}`));
  return item?.action === 'migrate' ? item.target.digest : undefined;
}
