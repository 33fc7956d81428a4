import type { ImageReference } from '../image/reference.ts';
import type { SourceImage } from '../image/source-image.ts';
import { composeTarget, type ComposedTarget, type PlatformEdits, type TargetEdits } from './compose-target.ts';

/** What was composed out of an image, by everything that it depends on besides. Forgotten with the image. */
const composed = new WeakMap<SourceImage, Map<string, ComposedTarget>>();

/**
 * As `composeTarget`, and the same object for the same question: workloads that share an image and its changes share the result, which
 * is most of a large fleet's plan. Changes that carry files are composed each time.
 */
export function composeOnce(source: SourceImage, edits: TargetEdits, naming: { readonly template: string; readonly image: ImageReference }): ComposedTarget {
  if ([edits, ...(edits.others ?? [])].some((each) => each.changes.some((change) => change.kind === 'file'))) return composeTarget(source, edits, naming);
  const known = composed.get(source) ?? new Map<string, ComposedTarget>();
  composed.set(source, known);
  const { agent, version, agentLayer, filesLayer, others } = edits;
  const key = JSON.stringify([naming, agent, version, agentLayer.digest, filesLayer?.digest ?? null, parts(edits), others?.map(parts) ?? null]);
  const target = known.get(key) ?? composeTarget(source, edits, naming);
  known.set(key, target);
  return target;
}

/** In the order they are written: the same edits in another order may be another image. */
function parts({ changes, env, entrypoint, cmd }: PlatformEdits): readonly unknown[] {
  return [changes, Object.entries(env), entrypoint ?? null, cmd ?? null];
}
