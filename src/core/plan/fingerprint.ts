import type { DetectedAgent } from '../agents/agent.ts';
import type { SourceImage } from '../image/source-image.ts';
import { hashJson } from '../hash-json.ts';

/**
 * Names a stack: workloads that share base layer, the agent's place and how its option reaches the JVM behave alike under
 * a change, and fail together. 12 hex digits.
 */
export function fingerprintOf(source: SourceImage, found: DetectedAgent): string {
  const { facts } = source.platforms[0];
  return hashJson({ base: facts.layers[0]?.digest ?? '', jar: found.jarPath, carrier: found.option.carrier, source: found.option.source.kind }).slice(0, 12);
}
