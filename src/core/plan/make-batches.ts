import type { MigrateItem } from './plan.ts';

/**
 * The order of a run: one workload per stack fingerprint first, in batches of their own (what shares a stack fails together,
 * so each stack is tried once before anything else of it starts), then the rest; each part by call graph where it is given
 * (`order`: ids), else by namespace and name. Wave sizes are taken in turn (one that was not filled is taken again), the last one repeats, and no batch is larger
 * than `batchSize`.
 */
export function makeBatches(
  items: readonly MigrateItem[],
  rollout: { readonly waves: readonly number[]; readonly batchSize: number },
  order?: readonly string[],
): readonly (readonly string[])[] {
  const place = new Map((order ?? []).map((id, index) => [id, index]));
  const placeOf = (item: MigrateItem): number => place.get(item.id) ?? place.size;
  const sorted = [...items].sort((a, b) => placeOf(a) - placeOf(b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const seen = new Set<string>();
  const first = new Set(sorted.filter((item) => !seen.has(item.fingerprint) && seen.add(item.fingerprint)));
  const batches: (readonly string[])[] = [];
  let full = 0;
  for (const part of [sorted.filter((item) => first.has(item)), sorted.filter((item) => !first.has(item))]) {
    for (let at = 0; at < part.length;) {
      const wave = rollout.waves[Math.min(full, rollout.waves.length - 1)] ?? rollout.batchSize;
      const size = Math.max(1, Math.min(wave, rollout.batchSize));
      const batch = part.slice(at, at + size).map((item) => item.id);
      batches.push(batch);
      if (batch.length === size) full += 1;
      at += size;
    }
  }
  return batches;
}
