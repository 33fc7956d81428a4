import { createReadStream } from 'node:fs';
import { link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ChangeoverError } from '../core/error.ts';

/** Text of a file, or of standard input for `-`. Throws `usage` when it cannot be read, `too-large` above the limit. */
export async function readTextFile(path: string, maxBytes: number): Promise<string> {
  const name = path === '-' ? 'standard input' : path;
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of path === '-' ? process.stdin : createReadStream(path)) {
      parts.push(part as Buffer);
      length += (part as Buffer).length;
      if (length > maxBytes) throw new ChangeoverError('too-large', `${name} is larger than ${Math.round(maxBytes / 1024 / 1024)} MiB`, { target: name });
    }
  } catch (error) {
    throw error instanceof ChangeoverError ? error : unreadable(name, error);
  }
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}

/**
 * Writes a file whole or not at all: beside it first, then renamed over it; mode 0600 where it is `secret`. A `fresh` one
 * never takes the place of another file. Throws `usage` when that is impossible.
 */
export async function writeTextFile(
  path: string,
  text: string,
  { secret = false, fresh = false, folders = false }: { readonly secret?: boolean; readonly fresh?: boolean; readonly folders?: boolean } = {},
): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    if (folders) await mkdir(dirname(path), { recursive: true });
    await writeFile(beside, text, { flag: 'wx', mode: secret ? 0o600 : 0o666 });
    if (!fresh) return await rename(beside, path);
    await link(beside, path); // fails where the path is taken, also when it was taken a moment ago
    await rm(beside);
  } catch (error) {
    await rm(beside, { force: true });
    throw new ChangeoverError('usage', `${path} cannot be written: ${reasonOf(error)}`, { target: path, hint: hintFor(error), cause: error });
  }
}

function unreadable(name: string, cause: unknown): ChangeoverError {
  return new ChangeoverError('usage', `${name} cannot be read: ${reasonOf(cause)}`, { target: name, hint: 'Check the path and its permissions.', cause });
}

function hintFor(error: unknown): string {
  return codeOf(error) === 'EEXIST' ? 'Choose another name, or add --yes to replace it.' : 'Choose another place.';
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EEXIST') return 'it exists already';
  if (code === 'EISDIR') return 'it is a directory';
  return error instanceof Error ? error.message : String(error);
}
