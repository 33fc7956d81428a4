import type { Refusal } from '../core/plan/delivery.ts';
import { planChange, type PlannedChange } from '../core/plan/plan-change.ts';
import type { MigrateItem } from '../core/plan/plan.ts';
import { parseImageReference } from '../core/image/reference.ts';
import type { SourceImage } from '../core/image/source-image.ts';
import { containers, podSpec, podTemplate } from '../core/workload/pod-template.ts';
import type { Workload } from '../core/workload/workload.ts';
import { readChangeContext } from './change-context.ts';
import { readConfigMaps } from './read-fleet.ts';
import { readImage } from './read-image.ts';
import type { Session } from './session.ts';

/** The planned change once more, with exact values; and the image it is made from. */
export type Recomposed = { readonly kind: 'recomposed'; readonly source: SourceImage; readonly change: PlannedChange } | Refusal;

/** Plans the change of an item again from what is there now: same image, template, ConfigMaps and policy, same bytes. */
export async function recompose(session: Session, workload: Workload, item: MigrateItem): Promise<Recomposed> {
  const { ports, policy, signal } = session;
  const container = containers(podSpec(podTemplate(workload.object))).find((each) => each.name === item.container);
  if (!container) throw new Error(`container ${item.container} is gone from ${item.id}, though its template is unchanged`);
  const { repository } = parseImageReference(item.source.image);
  const read = await readImage(ports, { repository, digest: item.source.digest }, { layerScan: !item.source.unscanned, signal });
  if (read.kind === 'problem') return { kind: 'refused', finding: read.finding };
  const configMaps = await readConfigMaps(ports.cluster, workload, signal);
  const context = await readChangeContext(ports, policy);
  const change = planChange({ workload, container, configMaps, source: read.image }, context, item.delivery);
  return change.kind === 'refused' ? change : { kind: 'recomposed', source: read.image, change };
}
