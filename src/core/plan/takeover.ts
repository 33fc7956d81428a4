import type { Finding } from '../finding.ts';
import type { LayerChange } from '../image/path-layer.ts';
import { refuse, standIn, type DeliveryAnswer, type DeliveryQuestion } from './delivery.ts';
import { findOldPlace, homeProblem } from './old-place.ts';
import { removableChildren } from './old-folder.ts';

/**
 * Whether the new agent can take the old jar's place, image alone: a symlink there leads to it, and every flag stays as it
 * is (push right and predecessor are asked of the registry). What nothing reads once the jar is gone goes too. Pure.
 */
export function planTakeover(question: DeliveryQuestion): DeliveryAnswer {
  const home = homeProblem(question);
  if (home) return { kind: 'refused', finding: home };
  // Where our image alone brings the flag, the image below has none that could lead to the new agent.
  const isNamed = question.reading.options.options.includes(question.old[0].option);
  if (!isNamed) return refuse('flag-in-our-image', {});
  const place = findOldPlace(question);
  if (place.kind === 'refused') return place;
  const removes = removableChildren(question, place);
  const stays = place.children.map((name) => `${place.folder}/${name}`).filter((path) => path !== place.jar && !removes.includes(path));
  const changes: readonly LayerChange[] = [standIn(question, place.jar), ...removes.map((path) => ({ kind: 'whiteout', path }) as const)];
  return { kind: 'possible', changes, imageEnv: {}, podEdits: [], removes, stays, findings: unusedFindings(question) };
}

/** Files and start script of the policy only go with the `image` mode. */
function unusedFindings({ policy }: DeliveryQuestion): readonly Finding[] {
  const isAsked = policy.image.entrypoint !== undefined || Object.keys(policy.image.files).length > 0;
  return isAsked ? [{ id: 'image-files-unused', severity: 'info', params: {} }] : [];
}
