import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ChangeoverError } from '../../core/error.ts';

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Reads the policy's `image.files`: name in the image -> path relative to `directory`. Throws `invalid-file` when one cannot be
 * read, `too-large` when together they pass 16 MiB.
 */
export async function readPolicyFiles(files: { readonly [name: string]: string }, directory: string): Promise<{ readonly [name: string]: Uint8Array }> {
  const read: Record<string, Uint8Array> = {};
  let bytes = 0;
  for (const [name, path] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const full = resolve(directory, path);
    bytes += (await stat(full).catch(cannotRead(name, full))).size;
    if (bytes > MAX_BYTES) throw new ChangeoverError('too-large', 'the files of spec.image.files are larger than 16 MiB', { target: full });
    read[name] = await readFile(full).catch(cannotRead(name, full));
  }
  return read;
}

function cannotRead(name: string, path: string): (cause: unknown) => never {
  return (cause) => {
    const hint = 'Paths are relative to the policy file; check that it is there and may be read.';
    throw new ChangeoverError('invalid-file', `spec.image.files: "${name}" cannot be read from ${path}`, { target: path, hint, cause });
  };
}
