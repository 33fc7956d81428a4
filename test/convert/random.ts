import { seededRandom as seeded } from '../../src/adapters/simulated/random.ts';

/** Numbers that are the same in every run: mulberry32. */
export interface Random {
  /** Below `limit`, from 0. */
  below(limit: number): number;
  chance(share: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
}

export function seededRandom(seed: number): Random {
  const numbers = seeded(seed);
  const below = (limit: number): number => Math.floor(numbers.next() * limit);
  return { below, chance: (share) => numbers.next() < share, pick: (items) => items[below(items.length)] ?? items[0] };
}
