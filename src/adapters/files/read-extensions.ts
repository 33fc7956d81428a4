import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, posix, resolve } from 'node:path';
import { ChangeoverError } from '../../core/error.ts';
import { sha256Digest } from '../../core/image/digest.ts';
import { parseImageReference } from '../../core/image/reference.ts';
import type { ExtensionSource } from '../../core/policy/policy.ts';
import type { Registry } from '../../ports/registry.ts';
import { findJars } from './find-jars.ts';
import { readLinuxManifest } from './read-linux-manifest.ts';
import { listZip } from './read-zip.ts';

export interface ExtensionOptions {
  /** `path:` is relative to this folder. */
  readonly directory: string;
  readonly registry: Registry;
  readonly signal?: AbortSignal;
}

const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The jars of extensions as files below the new agent's home, named `extensions/<12 digits of their digest>-<name>`: the same jars are the same files,
 * in whatever order they are named, and a jar named twice is there once. Throws `invalid-file` where there is no jar, or what is no jar.
 */
export async function readExtensions(
  sources: readonly ExtensionSource[],
  options: ExtensionOptions,
): Promise<readonly { readonly path: string; readonly bytes: Uint8Array }[]> {
  const jars: { readonly name: string; readonly bytes: Uint8Array; readonly digest: string }[] = [];
  for (const source of sources) {
    const found = source.kind === 'image' ? await ofImage(source, options) : await ofPath(resolve(options.directory, source.path));
    if (found.size === 0) throw noExtension('there is no jar', nameOf(source));
    for (const [name, bytes] of found) {
      if (listZip(bytes) === undefined) throw noExtension(`${name} is no jar`, nameOf(source));
      jars.push({ name, bytes, digest: sha256Digest(bytes).slice('sha256:'.length, 'sha256:'.length + 12) });
    }
  }
  // The first name in order, so that a jar with two names does not depend on who is asked first.
  const byDigest = new Map(jars.toSorted((a, b) => (a.name < b.name ? 1 : -1)).map((jar) => [jar.digest, jar]));
  return [...byDigest.values()].map(({ name, bytes, digest }) => ({ path: `extensions/${digest}-${name}`, bytes }));
}

async function ofImage(
  { image, dir }: ExtensionSource & { readonly kind: 'image' },
  { registry, signal }: ExtensionOptions,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { repository, tag, digest } = parseImageReference(image);
  const manifest = await readLinuxManifest(registry, { image, reference: digest ?? tag ?? 'latest', signal }, (why) => noExtension(why, image));
  const layers = manifest.layers.map((layer) => layer.digest);
  return findJars(registry, { repository, layers, target: image, signal }, posix.normalize(dir).replace(/(?<=.)\/+$/, ''));
}

async function ofPath(path: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const read = async (file: string): Promise<Uint8Array> => {
    const { size } = await stat(file);
    if (size > MAX_BYTES) throw new ChangeoverError('too-large', `an extension is larger than ${MAX_BYTES / 1024 / 1024} MiB`, { target: file });
    return readFile(file);
  };
  try {
    if (!(await stat(path)).isDirectory()) return new Map([[basename(path), await read(path)]]);
    const names = (await readdir(path)).filter((name) => name.endsWith('.jar')).sort();
    const jars = new Map<string, Uint8Array>();
    for (const name of names) jars.set(name, await read(join(path, name)));
    return jars;
  } catch (cause) {
    if (cause instanceof ChangeoverError) throw cause;
    throw noExtension(`it cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, path, cause);
  }
}

function nameOf(source: ExtensionSource): string {
  return source.kind === 'image' ? `${source.image} ${source.dir}` : source.path;
}

function noExtension(why: string, target: string, cause?: unknown): ChangeoverError {
  const hint = 'Point spec.to.extensions at a jar, at a folder of jars, or at an image with dir, the folder in it that holds them.';
  return new ChangeoverError('invalid-file', `the extension cannot be taken from here: ${why}`, { target, hint, ...(cause === undefined ? {} : { cause }) });
}
