import type { SimulatedWorld } from '../../../src/adapters/simulated/simulated-world.ts';
import type { RunResult } from '../../../src/app/drive-run.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { workloadId, type KubeObject } from '../../../src/core/workload/kube-object.ts';
import { sameJson, specOf } from '../../../src/adapters/simulated/object-parts.ts';
import { imageIn, paceOf, type Oracle, type Traced } from './oracle.ts';

/** How each Deployment ended, for comparison with a run without faults; times and epochs left out. */
export interface End {
  readonly [id: string]: JsonObject & { readonly state: string };
}

/** Reads how everything ended from the cluster. */
export function endOf(world: SimulatedWorld, oracle: Oracle): End {
  return Object.fromEntries(
    world.store.list('apps/v1', 'Deployment').map((object) => {
      const id = workloadId(object);
      const { annotations } = object.metadata;
      const state = oracle.workloads.get(id)?.state ?? '';
      return [
        id,
        {
          state,
          spec: object['spec'] ?? null,
          marker: timeless(annotations?.['changeover.dev/marker']),
          outcome: timeless(annotations?.['changeover.dev/outcome']),
        },
      ];
    }),
  );
}

/** I10 and I11: every workload in exactly one reported state, and the object as that state says. */
export function judgeEnd(result: RunResult, at: { readonly oracle: Oracle; readonly world: SimulatedWorld }): readonly string[] {
  const reported = result.status.workloads.map((each) => each.id);
  const planned = [...at.oracle.workloads.keys()];
  const problems = planned.filter((id) => reported.filter((each) => each === id).length !== 1).map((id) => `I11: ${id} is not reported exactly once`);
  const wholeBack = result.status.decisions.some((each) => each.kind === 'rollback');
  const open =
    result.status.phase === 'COMPLETED' && !wholeBack ? result.status.workloads.filter((each) => each.outcome === undefined || each.state === 'PLANNED') : [];
  problems.push(...open.map((each) => `I11: ${each.id} is ${each.state} in a completed run`));
  const objects = new Map(at.world.store.list('apps/v1', 'Deployment').map((object) => [workloadId(object), object]));
  for (const traced of at.oracle.workloads.values()) problems.push(...judgeObject(objects.get(traced.item.id), traced));
  for (const { id, state } of result.status.workloads) {
    const stored = at.oracle.workloads.get(id)?.state;
    if (stored !== state) problems.push(`I11: ${id} is reported as ${state} and stored as ${stored}`);
  }
  return problems;
}

function judgeObject(object: KubeObject | undefined, { item, state, foreign, before, forward, inverse, pace }: Traced): readonly string[] {
  const say = (what: string): readonly string[] => [`I10: ${item.id} ended ${state}, and ${what}`];
  if (!object || object.metadata.uid !== item.uid) return state === 'GONE' || foreign ? [] : say('is not there');
  const edit = item.edits.find((each) => each.kind === 'image');
  const image = imageIn(object, item);
  const marked = object.metadata.annotations?.['changeover.dev/marker'] !== undefined;
  const carries = JSON.stringify(specOf(object)['template'] ?? {}).includes('changeover.dev/intent');
  if (pace !== undefined && !foreign && !sameJson(paceOf(object), pace)) return say('its strategy is not as it was');
  switch (state) {
    case 'SUCCEEDED':
    case 'DEFERRED_ZERO':
    case 'INCONCLUSIVE':
      return image === edit?.after || foreign ? [] : say(`runs ${image}`);
    case 'PLANNED':
    case 'SKIPPED':
    case 'ROLLED_BACK': {
      if (foreign) return [];
      if (image !== edit?.before) return say(`runs ${image}`);
      if (carries || marked) return say('still carries our marks');
      return forward.size === 0 || before.size === inverse.size ? [] : say('a change was never put back');
    }
    case 'EXT_CHANGED':
    case 'CONFLICT':
      return foreign ? [] : say('nobody else wrote to it');
    case 'GONE':
      return say('is there');
    case 'RB_FAILED':
      return [];
    default:
      return say('that is no end');
  }
}

function timeless(annotation: string | undefined): Json {
  if (annotation === undefined) return null;
  const { at: _at, epoch: _epoch, ...rest } = JSON.parse(annotation) as JsonObject;
  return rest;
}
