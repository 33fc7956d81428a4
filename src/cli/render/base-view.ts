import type { BaseGroup, FleetBases, RewrittenBase } from '../../core/base/base-report.ts';
import { count } from './messages/say.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { shortName } from './workload-name.ts';

interface ViewOptions {
  readonly paint: Paint;
}

const SHOWN = 8;

/** Where the old agent of a fleet comes from, most workloads first. */
export function formatBases(report: FleetBases, { paint }: ViewOptions): readonly string[] {
  const { agent, carrying, inheriting, bases, own, unknown, workloads } = report;
  if (carrying === 0) return [`None of ${count(workloads, 'workload')} is seen to run ${agent}.`];
  const head = `${inheriting} of ${carrying} inherit ${agent} from ${count(bases.length, 'base')}`;
  const rest = [
    ...(own.length === 0
      ? []
      : [
          `${count(own.flatMap((each) => each.workloads).length, 'workload')} bring it in a layer of their own: ${names(own.flatMap((each) => each.workloads))}`,
        ]),
    ...(unknown.length === 0 ? [] : [`${count(unknown.length, 'workload')} have it from elsewhere, or their layers were not read: ${names(unknown)}`]),
  ];
  return [
    paint('strong', head),
    ...bases.flatMap((group, index) => ['', ...formatGroup(group, index + 1, paint)]),
    ...(rest.length === 0 ? [] : ['', ...rest]),
    ...(bases.length === 0 ? [] : ['', paint('quiet', 'Migrate one at its root: changeover base rewrite REFERENCE -p policy.yaml --retag')]),
  ];
}

function formatGroup({ names: called, diffIds, agentLayer, images, workloads }: BaseGroup, number: number, paint: Paint): readonly string[] {
  const name = called.length === 0 ? 'a base that no image names' : called.map(printable).join(', ');
  return [
    `${number}. ${paint('accent', name)}: ${count(workloads.length, 'workload')}, ${count(images.length, 'image')}`,
    `   shares ${count(diffIds.length, 'layer')}; the agent is in layer ${agentLayer}, ${diffIds[agentLayer - 1] ?? ''}`,
    `   ${paint('quiet', names(workloads))}`,
  ];
}

function names(workloads: readonly string[]): string {
  const shown = workloads.slice(0, SHOWN).map(shortName).join(', ');
  return workloads.length > SHOWN ? `${shown} and ${workloads.length - SHOWN} more` : shown;
}

/** What moving a base's tag does, to be confirmed. */
export function formatRetag({ retag }: RewrittenBase): readonly string[] {
  if (!retag) return [];
  return [
    `${retag.reference} would point to the new image: every build from it starts with the new agent.`,
    `  now   ${retag.before}`,
    `  then  ${retag.after}`,
    `  The old image stays as ${retag.kept}`,
  ];
}
