import type { MigrateItem } from './plan.ts';

/**
 * The order of a run: one workload per stack fingerprint first (they fail together, so each stack is tried once, early),
 * then by namespace and name. Wave sizes are taken in turn, the last one repeats, and no batch is larger than `batchSize`.
 */
export function makeBatches(
  items: readonly MigrateItem[],
  rollout: { readonly waves: readonly number[]; readonly batchSize: number },
): readonly (readonly string[])[] {
  const sorted = [...items].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const seen = new Set<string>();
  const first = sorted.filter((item) => !seen.has(item.fingerprint) && seen.add(item.fingerprint));
  const ids = [...first, ...sorted.filter((item) => !first.includes(item))].map((item) => item.id);
  const batches: (readonly string[])[] = [];
  for (let at = 0; at < ids.length;) {
    const wave = rollout.waves[Math.min(batches.length, rollout.waves.length - 1)] ?? rollout.batchSize;
    const size = Math.max(1, Math.min(wave, rollout.batchSize));
    batches.push(ids.slice(at, at + size));
    at += size;
  }
  return batches;
}
