import { documentEdits } from '../convert/object-edits.ts';
import { patchOps } from '../convert/patch-ops.ts';
import type { Skip } from '../finding.ts';
import { formatReference } from '../image/reference.ts';
import type { SourceImage } from '../image/source-image.ts';
import { planRewrite } from '../image-report/plan-rewrite.ts';
import { chooseDelivery } from '../plan/choose-delivery.ts';
import type { Inspection } from '../plan/inspect-workload.ts';
import type { DeliveryMode } from '../plan/delivery.ts';
import type { Owner } from '../plan/plan.ts';
import type { PlannedChange } from '../plan/plan-change.ts';
import { planWorkload, type PlanContext } from '../plan/plan-workload.ts';
import type { JsonPatchOp } from '../workload/json-patch.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { containers, podSpec, podTemplate, templatePath } from '../workload/pod-template.ts';
import { isSealed, sealEdits } from '../workload/seal-edits.ts';

/** The change of one workload, for the repository it is deployed from. */
export interface ExportedWorkload {
  readonly kind: 'exported';
  readonly id: string;
  readonly object: KubeObject;
  readonly owner: Owner;
  readonly container: string;
  /** RFC 6902, every old value tested first. */
  readonly ops: readonly JsonPatchOp[];
  /** What the container's image becomes. */
  readonly reference: string;
  /** Nothing but the image changes. */
  readonly imageAlone: boolean;
  /** A value that holds a credential is among the operations. */
  readonly secret: boolean;
  readonly image: ExportedImage;
}

/** Who makes the image: `apply` for what it changes itself; else `image rewrite` with these words, or nobody but a run. */
export interface ExportedImage {
  readonly by: 'apply' | 'image-rewrite' | 'run-alone';
  readonly source: string;
  readonly tagged: string;
  readonly mode: DeliveryMode;
}

/** A workload without a patch, and why. */
export interface NotExported {
  readonly kind: 'left';
  readonly id: string;
  readonly skip: Skip;
}

/**
 * What the owner's repository must say so that its next sync or release brings the planned change. Also for workloads that are left
 * alone since their owner would undo a direct change; not for those of an operator, whose own object has to change. Pure.
 */
export function exportWorkload(inspection: Inspection, context: PlanContext): ExportedWorkload | NotExported {
  const { workload, owner, skip, business } = inspection;
  const left = (why: Skip): NotExported => ({ kind: 'left', id: workload.id, skip: why });
  if (skip && (skip.id !== 'owner-reverts' || owner.kind === 'operator')) return left(skip);
  const { skip: _skip, ...open } = inspection;
  const { item } = planWorkload(open, context);
  if (item.action === 'skip') return left(item.skip);
  if (business?.image.kind !== 'read') throw new Error(`${workload.id} is planned without its image`);
  const source = business.image.image;
  const { container } = business;
  const { change } = chooseDelivery({ workload, container, configMaps: inspection.configMaps, source }, context);
  if (!change) throw new Error(`${workload.id} is planned without a change`);
  const { object } = workload;
  const index = containers(podSpec(podTemplate(object))).findIndex((each) => each.name === container.name);
  const place = [...templatePath(object.kind), 'spec', 'containers', index];
  return {
    kind: 'exported',
    id: workload.id,
    object,
    owner,
    container: container.name,
    ops: patchOps(object, [], documentEdits(container, change.edits, place)),
    reference: change.reference,
    imageAlone: change.edits.every((edit) => edit.kind === 'image'),
    secret: sealEdits(change.edits).some(isSealed),
    image: imageOf({ change, source, direct: skip === undefined }, context),
  };
}

function imageOf(
  { change, source, direct }: { readonly change: PlannedChange; readonly source: SourceImage; readonly direct: boolean },
  context: PlanContext,
): ExportedImage {
  const { repository, tag } = change.target.reference;
  const named = {
    source: formatReference({ repository: source.repository, digest: source.digest }),
    tagged: formatReference({ repository, tag }),
    mode: change.mode,
  };
  if (direct) return { by: 'apply', ...named };
  const alone = planRewrite(source, { ...context, policy: { ...context.policy, delivery: change.mode }, to: { repository, tag } });
  const same = alone.kind === 'planned' && alone.change.target.root.digest === change.target.root.digest;
  return { by: same ? 'image-rewrite' : 'run-alone', ...named };
}
