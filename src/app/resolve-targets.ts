import { ChangeoverError } from '../core/error.ts';

/** The ids of a run that people named, in their order and without regard to the kind's case. Throws `usage` for one the run does not have. */
export function resolveTargets(targets: readonly string[], ids: readonly string[], run: string): readonly string[] {
  return targets.map((target) => {
    const found = ids.find((id) => id.toLowerCase() === target.toLowerCase());
    if (found !== undefined) return found;
    const near = ids.filter((id) => id.split('/')[2] === target.split('/').at(-1));
    const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'List the workloads of the run with `changeover status`.';
    throw new ChangeoverError('usage', `${target} is not a workload of run ${run}`, { target, hint });
  });
}
