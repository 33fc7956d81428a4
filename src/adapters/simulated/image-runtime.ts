import type { ImageFiles } from '../../core/image/image-facts.ts';
import { readImageConfig } from '../../core/image/image-config.ts';
import { mergeLayers } from '../../core/image/image-files.ts';
import { readManifest } from '../../core/image/manifest.ts';
import { parseImageReference, repositoryName, type Repository } from '../../core/image/reference.ts';
import type { Container } from '../../core/workload/workload.ts';
import type { LayerReader } from '../../ports/layer-reader.ts';
import type { Registry } from '../../ports/registry.ts';

/** Where nodes get images from, and how their layers are unpacked. */
export interface ImageSource {
  readonly registry: Registry;
  readonly layers: LayerReader;
}

/** An image as the container runtime has it after a pull. */
export interface PulledImage {
  /** `repository@sha256:…` of what the reference named (the index, where it is one). */
  readonly imageId: string;
  readonly env: ReadonlyMap<string, string>;
  readonly files: ImageFiles;
}

/** Pulls and unpacks an image; undefined when the registry has no such image. */
export async function pullImage(source: ImageSource, reference: string): Promise<PulledImage | undefined> {
  const { repository, tag, digest } = parseImageReference(reference);
  const named = await source.registry.manifest(repository, digest ?? tag ?? 'latest');
  if (!named) return undefined;
  const parsed = readManifest(named.bytes, named.mediaType);
  const first = parsed.kind === 'index' ? parsed.manifests[0]?.digest : named.digest;
  return first === undefined ? undefined : unpack(source, repository, { named: named.digest, platform: first });
}

async function unpack(
  source: ImageSource,
  repository: Repository,
  digests: { readonly named: string; readonly platform: string },
): Promise<PulledImage | undefined> {
  const stored = await source.registry.manifest(repository, digests.platform);
  const manifest = stored && readManifest(stored.bytes, stored.mediaType);
  if (manifest?.kind !== 'image') return undefined;
  const config = readImageConfig(await source.registry.config(repository, manifest.config.digest));
  const indexes = await Promise.all(manifest.layers.map((layer) => source.layers.read(repository, layer)));
  return { imageId: `${repositoryName(repository)}@${digests.named}`, env: new Map(config.env), files: mergeLayers(indexes) };
}

/** An agent a JVM loads; undefined agent = the jar its option names is not there, and the JVM ends at once. */
export interface LoadedAgent {
  readonly agent: string | undefined;
  /** As the option names it. */
  readonly jarPath: string;
}

/** The agents a JVM in this container loads, judged by the file its options lead to once every symlink is followed. */
export function loadedAgents(container: Container, image: PulledImage): readonly LoadedAgent[] {
  const env = new Map([...image.env, ...(container.env ?? []).map((each) => [each.name, each.value ?? ''] as const)]);
  const options = ['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', 'CATALINA_OPTS', 'JAVA_OPTS'].map((name) => env.get(name) ?? '');
  const words = [...options, ...(container.command ?? []), ...(container.args ?? [])].join(' ');
  return [...words.matchAll(/-javaagent:([^\s=]+)/g)].map(([, jarPath = '']) => ({ agent: agentAt(image.files, jarPath), jarPath }));
}

/** The name its agent reports, as far as the simulated agents read settings; empty = none was set. */
export function serviceOf(container: Container, image: PulledImage): string {
  const env = new Map([...image.env, ...(container.env ?? []).map((each) => [each.name, each.value ?? ''] as const)]);
  const option = [...env.values()].map((value) => /-Dskywalking\.agent\.service_name=(\S+)/.exec(value)?.[1]).find((name) => name !== undefined);
  return env.get('OTEL_SERVICE_NAME') ?? option ?? env.get('SW_AGENT_NAME') ?? '';
}

function agentAt(files: ImageFiles, jarPath: string): string | undefined {
  let path = files.physicalPath(jarPath);
  for (let hops = 0; hops < 10 && path !== undefined; hops += 1) {
    const entry = files.entry(path);
    if (entry === undefined) return undefined;
    if (entry.type !== 'symlink') return path.includes('skywalking') ? 'skywalking' : 'opentelemetry';
    const target = entry.link ?? '';
    path = files.physicalPath(target.startsWith('/') ? target : `${path.slice(0, path.lastIndexOf('/'))}/${target}`);
  }
  return undefined;
}
