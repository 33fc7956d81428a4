import { sha256Digest } from '../../core/image/digest.ts';
import type { Cache } from '../../ports/cache.ts';
import type { Registry } from '../../ports/registry.ts';

/**
 * Reads image configs through a cache: an apply does not ask again for what its plan has read, nor 200 images of one base for one config. A config is what its digest
 * says, here or there; whether an image is still to be had is told by its manifest, which is never remembered. What the cache holds wrongly is read anew.
 */
export function rememberConfigs(registry: Registry, cache: Cache): Registry['config'] {
  return async (repository, digest, signal) => {
    const key = `image-config-v1/${digest}`;
    const known = await cache.get(key);
    if (known && sha256Digest(known) === digest) return known;
    const config = await registry.config(repository, digest, signal);
    await cache.put(key, config);
    return config;
  };
}
