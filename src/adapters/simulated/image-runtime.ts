import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { parseImageReference, repositoryName } from '../../core/image/reference.ts';
import type { Container } from '../../core/workload/workload.ts';
import type { Registry } from '../../ports/registry.ts';

/** An image as the container runtime has it after a pull. */
export interface PulledImage {
  /** `repository@sha256:…` of what the reference named (the index, where it is one). */
  readonly imageId: string;
  readonly env: ReadonlyMap<string, string>;
  readonly labels: { readonly [key: string]: string };
}

/** Pulls an image's manifest and config; undefined when the registry has no such image. */
export async function pullImage(registry: Registry, reference: string): Promise<PulledImage | undefined> {
  const { repository, tag, digest } = parseImageReference(reference);
  const named = await registry.manifest(repository, digest ?? tag ?? 'latest');
  if (!named) return undefined;
  const platform = firstPlatform(parse(named.bytes));
  const manifest = platform === undefined ? named : await registry.manifest(repository, platform);
  const descriptor = manifest && parse(manifest.bytes)['config'];
  if (!isJsonObject(descriptor) || typeof descriptor['digest'] !== 'string') return undefined;
  const config = parse(await registry.config(repository, descriptor['digest']))['config'];
  const { Env, Labels } = isJsonObject(config) ? config : {};
  const pairs = Array.isArray(Env) ? Env.map(String).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const) : [];
  return { imageId: `${repositoryName(repository)}@${named.digest}`, env: new Map(pairs), labels: isJsonObject(Labels) ? (Labels as PulledImage['labels']) : {} };
}

/** The agent a JVM in this container loads, and the jar its option names; undefined without a `-javaagent:` option. */
export function loadedAgent(container: Container, image: PulledImage): { readonly agent: string; readonly jarPath: string } | undefined {
  const env = new Map([...image.env, ...(container.env ?? []).map((each) => [each.name, each.value ?? ''] as const)]);
  const options = ['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', 'CATALINA_OPTS', 'JAVA_OPTS'].map((name) => env.get(name) ?? '');
  const text = [...options, ...(container.command ?? []), ...(container.args ?? [])].join(' ');
  const jarPath = /-javaagent:([^\s=]+)/.exec(text)?.[1];
  if (jarPath === undefined) return undefined;
  const ours = image.labels['dev.changeover.agent'];
  return { agent: ours ?? (jarPath.includes('skywalking') ? 'skywalking' : 'opentelemetry'), jarPath };
}

function firstPlatform(manifest: JsonObject): string | undefined {
  const { manifests } = manifest;
  const first = Array.isArray(manifests) ? manifests.find(isJsonObject) : undefined;
  return typeof first?.['digest'] === 'string' ? first['digest'] : undefined;
}

function parse(bytes: Uint8Array): JsonObject {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as JsonObject;
}
