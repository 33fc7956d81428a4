import { describe, expect, it } from 'vitest';
import { ChangeoverError } from '../../src/core/error.ts';
import { readMarker } from '../../src/core/rollout/marker.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import { containers, podSpec, podTemplate } from '../../src/core/workload/pod-template.ts';
import { applyToTheEnd, openSimulation, type Simulation, type SimulationOptions } from './open-simulation.ts';

const OLD = 'registry.example.com/shop/one:1';

describe('before a workload is claimed', () => {
  it('a refusal of the new pods leaves it untouched, in admission’s own words', async () => {
    const { simulation, versions, workload } = await run({ services: [{ name: 'one', after: { refused: 'exceeded quota: compute' } }] });

    expect(workload).toMatchObject({ state: 'SKIPPED', reason: { id: 'blocked', params: { of: 'pod' } } });
    expect(JSON.stringify(workload?.reason)).toContain('exceeded quota: compute');
    expect(versions).toBe(0);
    expect(simulation.world.store.list('v1', 'Pod').filter((pod) => pod.metadata.name.includes('dry-run'))).toEqual([]);
  });

  it.each([
    ['the change', 'change', (image: string) => image !== OLD],
    ['the way back', 'way-back', (image: string) => image === OLD],
  ])('a refusal of %s leaves it untouched', async (_what, of, refuses) => {
    const mutate = (object: KubeObject): KubeObject => {
      if (object.kind === 'Deployment' && refuses(imageOf(object))) throw new ChangeoverError('refused', 'admission webhook "images" denied the request');
      return object;
    };

    const { versions, workload } = await run({ services: [{ name: 'one' }], mutate });

    expect(workload).toMatchObject({ state: 'SKIPPED', reason: { id: 'blocked', params: { of, detail: 'admission webhook "images" denied the request' } } });
    expect(versions).toBe(0);
  });

  it('a way back that admission would not write exactly leaves it untouched', async () => {
    const mutate = (object: KubeObject): KubeObject => withImage(object, (image) => (image === OLD ? `${OLD}-patched` : image));

    const { versions, workload } = await run({ services: [{ name: 'one' }], mutate });

    expect(workload).toMatchObject({ state: 'SKIPPED', reason: { id: 'blocked', params: { of: 'way-back' } } });
    expect(versions).toBe(0);
  });

  it('a webhook that cannot be asked is said and holds up nothing', async () => {
    const simulation = await openSimulation({ services: [{ name: 'one' }] });

    await simulation.apply(() => ({
      before: ({ method, args }) => {
        if (method !== 'patch' || (args[2] as { readonly dryRun?: boolean } | undefined)?.dryRun !== true) return;
        throw new ChangeoverError('refused', 'admission webhook "x" does not support dry run');
      },
    }));

    const warnings = simulation.events.filter((event) => event.type === 'warning' && event.reason.id === 'dry-run-unasked');
    expect(warnings.length).toBe(2);
    expect(simulation.events.some((event) => event.type === 'workload.state' && event.to === 'SUCCEEDED')).toBe(true);
  });
});

describe('an admission that writes other values than we sent', () => {
  const withoutTag = (object: KubeObject): KubeObject => withImage(object, (image) => (image === OLD ? image : image.replace(/:[^@:]+@/, '@')));

  it('is known from the dry run: the marker holds what is there, and the way back is exact', async () => {
    const { simulation, workload, spec } = await run({ services: [{ name: 'one', after: { crashAtMs: 1_500 } }], mutate: withoutTag });

    expect(workload).toMatchObject({ state: 'ROLLED_BACK', reason: { id: 'container-crashed' } });
    expect(simulation.deployments()[0]?.['spec']).toEqual(spec);
  });

  it('leaves a migrated workload with a marker that undo can use', async () => {
    const { simulation, workload } = await run({ services: [{ name: 'one' }], mutate: withoutTag });

    const [object] = simulation.deployments();
    const marker = object && readMarker(object);
    expect(workload).toMatchObject({ state: 'SUCCEEDED' });
    expect(object && imageOf(object)).not.toMatch(/:[^@:]+@/);
    expect(marker).toMatchObject({ state: 'applied', edits: [{ kind: 'image', before: OLD, after: object && imageOf(object) }] });
  });

  it('and otherwise than the dry run said: the answer counts, in record and marker', async () => {
    let patches = 0;
    const fickle = (object: KubeObject): KubeObject => {
      const isChange = imageOf(object) !== OLD && object.kind === 'Deployment';
      if (isChange) patches += 1;
      return isChange && patches > 1 ? withoutTag(object) : object;
    };

    const { simulation, workload } = await run({ services: [{ name: 'one' }], mutate: fickle });

    const [object] = simulation.deployments();
    expect(workload).toMatchObject({ state: 'SUCCEEDED' });
    expect(object && readMarker(object)).toMatchObject({ edits: [{ before: OLD, after: object && imageOf(object) }] });
    expect(object && imageOf(object)).not.toMatch(/:[^@:]+@/);
  });

  it('on the way back alone ends as a failed rollback that a person must see', async () => {
    let changed = false;
    const mutate = (object: KubeObject): KubeObject => {
      const marker = object.kind === 'Deployment' ? readMarker(object) : undefined;
      changed ||= marker !== undefined && marker !== 'unreadable' && marker.state === 'applied';
      return changed && imageOf(object) === OLD ? withImage(object, () => `${OLD}-patched`) : object;
    };

    const { workload } = await run({ services: [{ name: 'one', after: { crashAtMs: 1_500 } }], mutate });

    expect(workload).toMatchObject({ state: 'RB_FAILED', reason: { id: 'rollback-rewritten' } });
  });
});

/** Applies a plan of one workload. `versions` = how often the Deployment was written by anybody but its controllers. */
async function run(options: SimulationOptions): Promise<{
  readonly simulation: Simulation;
  readonly versions: number;
  readonly spec: unknown;
  readonly workload: { readonly state: string; readonly reason?: unknown } | undefined;
}> {
  const simulation = await openSimulation(options);
  const [before] = simulation.deployments();
  const { status } = await applyToTheEnd(simulation);
  const generation = simulation.deployments()[0]?.metadata.generation ?? 0;
  return { simulation, spec: before?.['spec'], versions: generation - (before?.metadata.generation ?? 0), workload: status.workloads[0] };
}

function imageOf(object: KubeObject): string {
  return object.kind === 'Deployment' ? (containers(podSpec(podTemplate(object)))[0]?.image ?? '') : '';
}

function withImage(object: KubeObject, change: (image: string) => string): KubeObject {
  if (object.kind !== 'Deployment') return object;
  const text = JSON.stringify(object['spec']);
  const image = imageOf(object);
  return { ...object, spec: JSON.parse(text.replaceAll(JSON.stringify(image), JSON.stringify(change(image)))) as KubeObject['metadata'] };
}
