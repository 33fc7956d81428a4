import { buildAgentLayer } from '../image/agent-layer.ts';
import type { SourceImage } from '../image/source-image.ts';
import { planChange } from '../plan/plan-change.ts';
import type { Policy } from '../policy/policy.ts';
import type { TakeoverReport } from './image-report.ts';
import { imageSubject } from './image-subject.ts';

/**
 * Whether a takeover of this image would be possible, with what stands against it: the plan's own answer for a
 * workload that adds nothing to the image. Mounts, push rights and the pods' options are not asked.
 */
export function judgeTakeover(source: SourceImage, policy: Policy): TakeoverReport {
  const { ours } = source.platforms[0].facts;
  if (ours?.agent === policy.to.agent)
    return { possible: false, because: [{ id: 'already-ours', severity: 'info', params: { agent: ours.agent, version: ours.version } }] };
  const image = imageSubject(source, policy.from.agent);
  if (image.kind === 'refused') return { possible: false, because: [image.finding] };
  // The bytes of the new agent play no part in the answer.
  const context = { policy, agentLayer: buildAgentLayer([], policy.to.home), agentVersion: '', files: {} };
  const change = planChange(image.subject, context, 'takeover');
  const because = [...(change.kind === 'refused' ? [change.finding] : []), ...image.findings];
  if (change.kind === 'refused' || because.length > 0) return { possible: false, because };
  const { changes, removes, stays } = change.delivery;
  return { possible: true, jarPath: changes.find((each) => each.kind === 'symlink')?.path ?? '', removes, stays };
}
