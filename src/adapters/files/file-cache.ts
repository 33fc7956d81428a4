import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Cache } from '../../ports/cache.ts';

const HASH = 32;

/**
 * A cache of files below `directory` (made when first needed). Every file begins with the SHA-256 of what follows: a torn or
 * changed one counts as absent. Files appear whole, by rename, so many processes may share the folder. What cannot be written
 * (full disk, no right) is not kept: a cache may forget.
 */
export function openFileCache(directory: string): Cache {
  return {
    async get(key) {
      const stored = await readFile(fileOf(directory, key)).catch(() => undefined);
      if (stored === undefined || stored.length < HASH) return undefined;
      const bytes = stored.subarray(HASH);
      return stored.subarray(0, HASH).equals(hash(bytes)) ? bytes : undefined;
    },
    async put(key, bytes) {
      const file = fileOf(directory, key);
      const temporary = `${file}.${randomUUID()}.tmp`;
      try {
        await mkdir(dirname(file), { recursive: true, mode: 0o700 });
        await writeFile(temporary, [hash(bytes), bytes], { mode: 0o600 });
        await rename(temporary, file);
      } catch {
        await rm(temporary, { force: true }).catch(() => undefined);
      }
    },
  };
}

/** One folder per kind of entry (the key's first part); the name is a hash, so that any key is a safe file name. */
function fileOf(directory: string, key: string): string {
  const kind = /^[\w-]+(?=\/)/.exec(key)?.[0] ?? 'other';
  return join(directory, kind, createHash('sha256').update(key).digest('hex'));
}

function hash(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
