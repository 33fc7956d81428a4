import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ManifestSource } from '../app/convert-sources.ts';
import { ChangeoverError } from '../core/error.ts';

const MAX_FILE = 10 * 1024 * 1024;
const MAX_TOTAL = 64 * 1024 * 1024;

/**
 * Texts of files, of the manifests in folders (`*.yaml`, `*.yml`, `*.json`, also below; names that begin with a dot are
 * left out), and of standard input for `-`; each once, with every byte. Throws `usage` for what cannot be read,
 * `too-large` above 10 MiB for one and 64 MiB for all, `invalid-file` for what is not UTF-8.
 */
export async function readManifestFiles(paths: readonly string[]): Promise<readonly ManifestSource[]> {
  const found = new Map<string, boolean>();
  for (const path of paths) {
    if (path !== '-' && (await readable(path, stat(path))).isDirectory()) for (const file of await listFolder(path)) found.set(file, found.get(file) ?? false);
    else found.set(path, true);
  }
  const sources: ManifestSource[] = [];
  let total = 0;
  for (const [path, isNamed] of found) {
    const file = path === '-' ? 'standard input' : path;
    const bytes = await readable(file, readBounded(path, file));
    total += bytes.length;
    if (total > MAX_TOTAL) throw tooLarge('the manifests are', MAX_TOTAL, file);
    sources.push({ file, text: decode(bytes, file), isNamed });
  }
  return sources;
}

async function listFolder(folder: string): Promise<readonly string[]> {
  const entries = (await readable(folder, readdir(folder, { withFileTypes: true }))).filter((entry) => !entry.name.startsWith('.'));
  const files: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await listFolder(path)));
    else if (/\.(?:ya?ml|json)$/i.test(entry.name) && (entry.isFile() || (await readable(path, stat(path))).isFile())) files.push(path);
  }
  return files;
}

async function readBounded(path: string, file: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of path === '-' ? process.stdin : createReadStream(path)) {
    parts.push(part as Buffer);
    length += (part as Buffer).length;
    if (length > MAX_FILE) throw tooLarge(`${file} is`, MAX_FILE, file);
  }
  return Buffer.concat(parts);
}

function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const line = bytes.toString('utf8').split('\uFFFD')[0]?.split('\n').length ?? 1;
    const hint = 'Save it as UTF-8 and run the command again.';
    throw new ChangeoverError('invalid-file', `${file}:${line}: is not UTF-8`, { target: `${file}:${line}`, hint, cause });
  }
}

function tooLarge(what: string, limit: number, target: string): ChangeoverError {
  return new ChangeoverError('too-large', `${what} larger than ${limit / 1024 / 1024} MiB`, { target, hint: 'Convert fewer manifests at a time.' });
}

async function readable<T>(file: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ChangeoverError) throw error;
    const reason =
      error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'it does not exist' : error instanceof Error ? error.message : String(error);
    throw new ChangeoverError('usage', `${file} cannot be read: ${reason}`, { target: file, hint: 'Check the path and its permissions.', cause: error });
  }
}
