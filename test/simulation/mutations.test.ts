import { describe, expect, it } from 'vitest';
import type { EnginePorts } from '../../src/app/ports.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { podTemplate } from '../../src/core/workload/pod-template.ts';
import type { JsonPatchOp } from '../../src/core/workload/json-patch.ts';
import type { Cluster } from '../../src/ports/cluster.ts';
import type { Fault } from './rig/fault-plan.ts';
import { SOAK_MS } from './rig/fleets.ts';
import { simulate, type SimulateOptions } from './rig/simulate.ts';

const MARKER_PATH = '/metadata/annotations/changeover.dev~1marker';

/** A fleet with workloads that succeed and ones that are put back. */
const SEED = 13;
const frozen: Fault = { kind: 'freeze', aim: { group: 'patch', nth: 2, when: 'before' }, forMs: 120_000 };
const reloader: Fault = { kind: 'writer', writer: 'reloader', service: 2, state: 'ROLLING', delayMs: 0 };

/** Each breaks one invariant on purpose: what an oracle cannot see broken, it does not guard. */
describe('the oracle of the simulation', () => {
  it.each<readonly [string, string, SimulateOptions]>([
    ['patches without their tests', 'I5', { breakPorts: patching((ops) => ops.filter((op) => op.op !== 'test')) }],
    ['a second writer that takes any claim for its own', 'I5', { faults: [frozen], breakPorts: unfenced }],
    ['a batch limit that is raised', 'I9', { misplan: (plan) => ({ ...plan, batches: [plan.batches.flat()] }) }],
    ['a journal that keeps nothing', 'I1', { breakPorts: (ports) => ({ ...ports, journal: forgetful(ports) }) }],
    ['a marker without the way back', 'I1', { breakPorts: patching(withoutWayBack) }],
    ['a way back that replaces the whole template', 'I2', { faults: [reloader], breakPorts: wholeTemplate() }],
    ['a soak that is cut short', 'I7', { breakPorts: hasty }],
    [
      'a change that scales as well',
      'I8',
      { breakPorts: patching((ops) => (isForward(ops) ? [...ops, { op: 'replace', path: '/spec/replicas', value: 5 }] : ops)) },
    ],
    ['a way back to another image', 'I10', { breakPorts: patching(toAnotherImage) }],
  ])('catches %s', async (_what, invariant, options) => {
    const { violations } = await simulate(SEED, { faults: [], ...options });

    expect(violations.map((each) => each.split(':')[0])).toContain(invariant);
  });

  it('has nothing against the same runs unbroken', async () => {
    for (const faults of [[], [frozen], [reloader]]) expect((await simulate(SEED, { faults })).violations).toEqual([]);
  });
});

function patching(change: (ops: readonly JsonPatchOp[]) => readonly JsonPatchOp[]): NonNullable<SimulateOptions['breakPorts']> {
  return (ports) => withPatch(ports, (ref, ops, write) => ports.cluster.patch(ref, change(ops), write));
}

function withPatch(ports: EnginePorts, patch: Cluster['patch']): EnginePorts {
  return { ...ports, cluster: { ...ports.cluster, patch } };
}

/** The first instance, and it alone, tests the claim it finds instead of its own, and no old values. */
function unfenced(ports: EnginePorts, instance: number): EnginePorts {
  if (instance !== 1) return ports;
  return withPatch(ports, async (ref, ops) => {
    const live = (await ports.cluster.get(ref))?.metadata.annotations?.['changeover.dev/marker'];
    const kept = ops.filter((op) => op.op !== 'test' || op.path === '/metadata/uid' || op.path === '/metadata/resourceVersion' || op.path === MARKER_PATH);
    return ports.cluster.patch(
      ref,
      kept.map((op) => (op.op === 'test' && op.path === MARKER_PATH && live !== undefined ? { ...op, value: live } : op)),
    );
  });
}

function forgetful(ports: EnginePorts): EnginePorts['journal'] {
  return async (clusterId, run) => ({ ...(await ports.journal(clusterId, run)), append: async (entry) => ({ seq: 1, ...entry }) });
}

/** Time runs ten times as fast for the engine as for the pods. */
function hasty(ports: EnginePorts): EnginePorts {
  const start = ports.clock.now();
  return { ...ports, clock: { ...ports.clock, now: () => start + (ports.clock.now() - start) * (SOAK_MS / 1000) } };
}

function wholeTemplate(): NonNullable<SimulateOptions['breakPorts']> {
  const templates = new Map<string, Json>();
  return (ports) =>
    withPatch(ports, async (ref, ops, write) => {
      if (isForward(ops)) templates.set(ref.name, podTemplate((await ports.cluster.get(ref)) ?? { apiVersion: '', kind: '', metadata: { name: '' } }));
      const before = templates.get(ref.name);
      if (!isInverse(ops) || before === undefined) return ports.cluster.patch(ref, ops, write);
      const metadata = ops.filter((op) => op.path.startsWith('/metadata'));
      return ports.cluster.patch(ref, [...metadata, { op: 'replace', path: '/spec/template', value: before }], write);
    });
}

function withoutWayBack(ops: readonly JsonPatchOp[]): readonly JsonPatchOp[] {
  if (!isForward(ops)) return ops;
  return ops.map((op) => {
    if (op.op !== 'replace' || op.path !== MARKER_PATH) return op;
    const { edits: _edits, ...rest } = JSON.parse(textOf(op)) as JsonObject;
    return { ...op, value: JSON.stringify(rest) };
  });
}

function toAnotherImage(ops: readonly JsonPatchOp[]): readonly JsonPatchOp[] {
  return isInverse(ops) ? ops.map((op) => (op.op === 'replace' && op.path.endsWith('/image') ? { ...op, value: `${textOf(op)}0` } : op)) : ops;
}

function isForward(ops: readonly JsonPatchOp[]): boolean {
  return (
    ops.some((op) => op.op === 'replace' && op.path === MARKER_PATH && textOf(op).includes('"state":"applied"')) &&
    ops.some((op) => op.path.startsWith('/spec/'))
  );
}

function isInverse(ops: readonly JsonPatchOp[]): boolean {
  return ops.some((op) => op.op === 'remove' && op.path === MARKER_PATH) && ops.some((op) => op.path.startsWith('/spec/'));
}

function textOf(op: JsonPatchOp): string {
  return op.op !== 'remove' && typeof op.value === 'string' ? op.value : '';
}
