import { sha256Digest } from '../../core/image/digest.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { Cache } from '../../ports/cache.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ProbeOptions, Registry, RegistryAbilities } from '../../ports/registry.ts';

/** Rules and rights change: after a day the registry is asked again. */
const FRESH_MS = 24 * 60 * 60 * 1000;

export interface RememberOptions {
  readonly registry: Pick<Registry, 'probe'>;
  readonly cache: Cache;
  readonly clock: Clock;
}

interface Remembered {
  readonly at: number;
  readonly abilities: RegistryAbilities;
}

/** Probes a repository's registry, at most once a day; the answers are kept in the cache. */
export function rememberAbilities({ registry, cache, clock }: RememberOptions): Registry['probe'] {
  return async (repository, options = {}) => {
    const key = keyOf(repository);
    const known = parse(await cache.get(key));
    if (known && isFresh(known, clock.now()) && answers(known.abilities, options)) return known.abilities;
    const abilities = await registry.probe(repository, options);
    await cache.put(key, Buffer.from(JSON.stringify({ at: clock.now(), abilities } satisfies Remembered)));
    return abilities;
  };
}

function keyOf({ registry, path }: Repository): string {
  return `registry-abilities-v1/${sha256Digest(`${registry}/${path}`)}`;
}

/** The cache is ours, but a file on a disk may be cut short. */
function parse(bytes: Uint8Array | undefined): Remembered | undefined {
  if (!bytes) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Remembered;
  } catch {
    return undefined;
  }
}

function isFresh({ at }: Remembered, now: number): boolean {
  return at <= now && now - at < FRESH_MS;
}

/** Whether a mount can be tried now that could not be then is reason enough to ask again. */
function answers({ mount }: RegistryAbilities, options: ProbeOptions): boolean {
  return mount !== 'unknown' || options.mount === undefined;
}
