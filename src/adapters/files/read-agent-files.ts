import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { ChangeoverError } from '../../core/error.ts';
import { sha256Digest } from '../../core/image/digest.ts';
import { parseImageReference } from '../../core/image/reference.ts';
import { BRIDGE_PATH } from '../../core/plan/bridge.ts';
import type { AgentSource, ExtensionSource } from '../../core/policy/policy.ts';
import type { Cache } from '../../ports/cache.ts';
import type { Registry } from '../../ports/registry.ts';
import { readAgentVersion } from './agent-jar.ts';
import { collectBytes } from './collect-bytes.ts';
import { decompress } from './decompress.ts';
import { findInLayers } from './find-in-layers.ts';
import { readLinuxManifest } from './read-linux-manifest.ts';
import { readExtensions } from './read-extensions.ts';
import { listZip } from './read-zip.ts';
import { createTarParser } from './tar-parser.ts';

export interface AgentFilesOptions {
  /** `path:` is relative to this folder: the policy file's. */
  readonly directory: string;
  readonly registry: Registry;
  /** Keeps the jar of an image, by the image's digest. */
  readonly cache?: Cache;
  /** Path of the bridge's jar, where it goes along. */
  readonly bridge?: string;
  readonly extensions?: readonly ExtensionSource[];
  readonly signal?: AbortSignal;
}

export interface ReadAgentFiles {
  /** As the jar's own manifest says it. */
  readonly version: string;
  /** Digest of the bridge's jar. */
  readonly bridge?: string;
  /** Sorted; paths are relative to the home folder (`agent/javaagent.jar`). */
  readonly files: readonly AgentFile[];
}

interface AgentFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const JAR = 'javaagent.jar';
/** How the new agent finds what is in the bridge. */
const BRIDGE_SERVICE = 'META-INF/services/io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider';
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_FILES = 1000;

/**
 * Reads the new agent from where the policy's `to.files` says: a jar, a folder or a tar.gz with `javaagent.jar` at its root, or
 * an image holding `/javaagent.jar`; the bridge, and other extensions. Throws `invalid-file` when one is not there or is no OpenTelemetry Java
 * agent, `too-large` past 256 MiB, `usage` when no policy was given, and whatever the registry throws.
 */
export async function readAgentFiles(source: AgentSource, options: AgentFilesOptions): Promise<ReadAgentFiles> {
  if (source.kind === 'none')
    throw new ChangeoverError('usage', 'no policy says where the new agent comes from', { hint: 'Give a policy file: -p policy.yaml.' });
  const target = source.kind === 'path' ? resolve(options.directory, source.path) : source.image;
  const files = source.kind === 'path' ? await readPath(target) : [{ path: JAR, bytes: await readImageJar(target, options) }];
  const jar = files.find((file) => file.path === JAR);
  if (!jar) {
    const found = files.map((file) => file.path).filter((path) => path.endsWith('.jar'));
    throw missing(`there is no ${JAR} at its root${found.length === 0 ? '' : `, only ${found.slice(0, 3).join(', ')}`}`, target);
  }
  const version = readAgentVersion(jar.bytes, target);
  const bridge = options.bridge === undefined ? undefined : { path: BRIDGE_PATH, bytes: await readBridge(options.bridge) };
  const extensions = await readExtensions(options.extensions ?? [], options);
  const placed = [...files.map(({ path, bytes }) => ({ path: `agent/${path}`, bytes })), ...(bridge ? [bridge] : []), ...extensions];
  return { version, ...(bridge ? { bridge: sha256Digest(bridge.bytes) } : {}), files: placed.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

async function readBridge(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw noBridge("the bridge's jar is not built", path, cause);
  });
  if (!listZip(bytes)?.some((entry) => entry.name === BRIDGE_SERVICE)) throw noBridge("this is not the bridge's jar, or not all of it", path);
  return bytes;
}

function noBridge(message: string, target: string, cause?: unknown): ChangeoverError {
  const hint = 'Build it with `npm run build:bridge` (needs JDK 17 or newer, and Maven), or set spec.to.bridge to false in the policy.';
  return new ChangeoverError('invalid-file', message, { target, hint, cause });
}

async function readPath(path: string): Promise<readonly AgentFile[]> {
  const found = await stat(path).catch(cannotRead(path));
  if (found.isDirectory()) return readFolder(path);
  if (found.size > MAX_BYTES) throw tooLarge(path);
  if (/\.(?:tar|tar\.gz|tgz)$/.test(basename(path))) return readArchive(path);
  return [{ path: JAR, bytes: await readFile(path).catch(cannotRead(path)) }];
}

async function readFolder(folder: string): Promise<readonly AgentFile[]> {
  const files: AgentFile[] = [];
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }).catch(cannotRead(folder))) {
    const path = join(entry.parentPath, entry.name);
    const details = await stat(path).catch(cannotRead(path));
    if (!details.isFile()) continue;
    bytes += details.size;
    if (bytes > MAX_BYTES || files.length >= MAX_FILES) throw tooLarge(folder);
    files.push({ path: relative(folder, path).split(sep).join('/'), bytes: await readFile(path).catch(cannotRead(path)) });
  }
  return files;
}

function cannotRead(path: string): (error: unknown) => never {
  return (error) => {
    throw missing(`it cannot be read: ${error instanceof Error ? error.message : String(error)}`, path);
  };
}

async function readArchive(path: string): Promise<readonly AgentFile[]> {
  const files = new Map<string, Uint8Array>();
  let total = 0;
  const parser = createTarParser(path, (entry) => {
    if (entry.type !== 'file') return undefined;
    total += entry.size;
    if (total > MAX_BYTES || files.size >= MAX_FILES) throw tooLarge(path);
    return collectBytes(entry.size, (bytes) => void files.set(entry.path.slice(1), bytes));
  });
  for await (const chunk of decompress(createReadStream(path) as AsyncIterable<Uint8Array>, path)) parser.write(chunk);
  parser.end();
  return [...files].map(([name, bytes]) => ({ path: name, bytes }));
}

async function readImageJar(image: string, { registry, cache, signal }: AgentFilesOptions): Promise<Uint8Array> {
  const { repository, tag, digest } = parseImageReference(image);
  const manifest = await readLinuxManifest(registry, { image, reference: digest ?? tag ?? 'latest', signal }, (why) => missing(why, image));
  const key = `agent-jar-v1/${manifest.digest}`;
  const cached = await cache?.get(key);
  if (cached) return cached;
  const layers = manifest.layers.map((layer) => layer.digest);
  const jar = await findInLayers(registry, { repository, layers, target: image, signal }, `/${JAR}`);
  if (!jar) throw missing(`the image holds no /${JAR}`, image);
  await cache?.put(key, jar);
  return jar;
}

function missing(why: string, target: string): ChangeoverError {
  return new ChangeoverError('invalid-file', `the new agent cannot be taken from here: ${why}`, {
    target,
    hint: `Point to.files in the policy at a jar, at a folder or tar.gz with ${JAR} at its root, or at an image holding /${JAR}.`,
  });
}

function tooLarge(target: string): ChangeoverError {
  return new ChangeoverError('too-large', `more than ${MAX_BYTES / 1024 / 1024} MiB or ${MAX_FILES} files`, {
    target,
    hint: 'Point to.files in the policy at the agent alone.',
  });
}
