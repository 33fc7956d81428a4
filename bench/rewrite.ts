import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLayerReader } from '../src/adapters/registry/layer-reader.ts';
import { openRegistry } from '../src/adapters/registry/open-registry.ts';
import { rememberConfigs } from '../src/adapters/registry/remember-configs.ts';
import { systemClock } from '../src/adapters/system-clock.ts';
import { agentLayerOf, type AgentFiles } from '../src/app/agent-files.ts';
import { pushImage } from '../src/app/push-image.ts';
import type { PushedBlobs } from '../src/app/push-blobs.ts';
import { readImage } from '../src/app/read-image.ts';
import { formatReference, repositoryName, type ImageReference } from '../src/core/image/reference.ts';
import type { SourceImage } from '../src/core/image/source-image.ts';
import { composeTarget, type TargetImage } from '../src/core/plan/compose-target.ts';
import type { Registry } from '../src/ports/registry.ts';
import { paths } from '../lab/paths.ts';
import { versions } from '../lab/versions.ts';
import { startCountingProxy, type CountingProxy, type Traffic } from './counting-proxy.ts';
import { compare, rounded, run, time } from './measure.ts';
import { NotBuilt } from './not-built.ts';
import { startRegistry } from './registry.ts';
import { withScratch } from './scratch.ts';
import { noise, OLD_JAR, pushSource } from './source-images.ts';

const IMAGES = 20;
/** Size of the new agent. */
export const AGENT_BYTES = 22 * 1024 * 1024;
const HOME = '/changeover';
/** What the new images set. */
export const ENV = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317', OTEL_TRACES_EXPORTER: 'otlp' };
/** The program that is compared with. */
export const crane: string = join(paths.bin, 'crane');

/** New images from 20 old ones, as `apply` makes them, against the same with crane: two layers on top, variables, a label. */
export function benchRewrite(): Promise<object> {
  if (!existsSync(crane)) throw new NotBuilt('crane');
  return withScratch(async (scratch) => {
    const address = await startRegistry(scratch);
    const registry = openRegistry({ settings: {}, directory: '/', env: {}, clock: systemClock });
    const proxy = await startCountingProxy(address);
    try {
      return await measure({ folder: scratch.folder, address, registry, proxy });
    } finally {
      proxy.close();
      await registry.close();
    }
  });
}

interface Place {
  readonly folder: string;
  /** Of the registry. */
  readonly address: string;
  readonly registry: Registry;
  readonly proxy: CountingProxy;
}

/** One of the two that are compared. */
export interface Side {
  /** Reads an image with its layers, each distinct layer once, as `plan` does. */
  plan(image: Source): Promise<unknown>;
  rewrite(image: Source): Promise<unknown>;
}

/** Ours. */
export interface Rewriter extends Side {
  plan(image: Source): Promise<SourceImage>;
}

/** An image to rewrite. */
export type Source = ImageReference & { readonly digest: string };

async function measure(place: Place): Promise<object> {
  const { registry } = place;
  const ours = openRewriter(registry, 'changeover/agent');
  const oldOurs = await pushSources(place, 'ours', ours);
  const peer = openCrane(writeLayers(place.folder, await ours.plan(at(oldOurs, 0)), at(oldOurs, 0)));
  const oldPeers = await pushSources(place, 'peer', peer);
  const planning = registry.traffic().layerBytesDown;
  const rewriteOurs = (index: number) => ours.rewrite(at(oldOurs, index));
  const rewritePeer = (index: number) => peer.rewrite(at(oldPeers, index));
  const firstMs = { ours: rounded(await time(() => rewriteOurs(0))), peer: rounded(await time(() => rewritePeer(0))) };
  const following = await compare(
    IMAGES - 1,
    (round) => rewriteOurs(round + 1),
    (round) => rewritePeer(round + 1),
  );
  const layerBytesDown = { planning, rewriting: registry.traffic().layerBytesDown - planning };
  const traffic = { ours: await count(place, 'ours', openRewriter(registry, 'counted/agent')), peer: await count(place, 'peer', peer) };
  const commands = { ours: 'readImage, composeTarget, pushImage', peer: `crane ${versions.crane} append; crane mutate` };
  return { commands, images: IMAGES, agentBytes: AGENT_BYTES, firstMs, following, layerBytesDown, traffic };
}

/** Requests and bytes of the first and of a following image. Apart from the timed part: counting costs time. */
async function count(place: Place, name: string, side: Side): Promise<{ readonly first: Traffic; readonly following: Traffic }> {
  const { proxy } = place;
  const images = await pushSources(place, `counted-${name}`, side, 2);
  const rewriteCounted = async (index: number): Promise<Traffic> => {
    const { repository, ...image } = at(images, index);
    proxy.take();
    await side.rewrite({ ...image, repository: { ...repository, registry: proxy.address } });
    return proxy.take();
  };
  return { first: await rewriteCounted(0), following: await rewriteCounted(1) };
}

/** Images with different names and one small layer of their own each. */
async function pushSources({ registry, address }: Place, name: string, side: Side, images = IMAGES): Promise<readonly Source[]> {
  const sources: Source[] = [];
  for (let index = 0; index < images; index += 1) {
    const source = await pushSource(registry, `${address}/${name}/service-${index + 1}:1.0`);
    await side.plan(source);
    sources.push(source);
  }
  return sources;
}

function at(images: readonly Source[], index: number): Source {
  const image = images[index];
  if (!image) throw new Error(`there is no image ${index}`);
  return image;
}

/** Rewrites as `apply` does; `home` is the agent layer's repository. */
export function openRewriter(registry: Registry, home: string): Rewriter {
  const kept = new Map<string, Uint8Array>();
  const cache = { get: async (key: string) => kept.get(key), put: async (key: string, bytes: Uint8Array) => void kept.set(key, bytes) };
  const layers = openLayerReader(registry, cache);
  const reading = { registry: { ...registry, config: rememberConfigs(registry, cache) }, layers };
  const agent = agentFiles();
  const homes: PushedBlobs = new Map();
  const plan = async (image: Source): Promise<SourceImage> => {
    const found = await readImage(reading, image, { layerScan: true });
    if (found.kind === 'problem') throw new Error(JSON.stringify(found.finding));
    return found.image;
  };
  const rewrite = async (image: Source): Promise<void> => {
    const source = await plan(image);
    const agentHome = { registry: image.repository.registry, path: home };
    const how = await pushImage(registry, source, compose(source, image, agent), { agentHome, homes });
    if (how !== 'pushed') throw new Error(`${formatReference(image)} was rewritten before`);
  };
  return { plan, rewrite };
}

function agentFiles(): AgentFiles {
  return { version: versions.opentelemetryAgent, files: [{ path: 'agent/javaagent.jar', bytes: noise(AGENT_BYTES) }] };
}

/** The takeover of an image: the new agent, a link in the old jar's place, the old plugins gone, variables in the image. */
function compose(source: SourceImage, image: Source, agent: AgentFiles): TargetImage {
  const changes = [
    { kind: 'symlink', path: OLD_JAR, target: `${HOME}/agent/javaagent.jar` },
    { kind: 'whiteout', path: '/skywalking/agent/plugins' },
  ] as const;
  const edits = { agent: 'opentelemetry', version: agent.version, agentLayer: agentLayerOf(agent, HOME), changes, env: ENV };
  const composed = composeTarget(source, edits, { template: '{repository}:{tag}-otel-{hash8}', image });
  if (composed.kind === 'refused') throw new Error(JSON.stringify(composed.finding));
  return composed.target;
}

/** The new layers as files, compressed as ours are: both sides push the same bytes. They are the same for every image here. */
export function writeLayers(folder: string, source: SourceImage, image: Source): readonly string[] {
  return compose(source, image, agentFiles()).layers.map(({ bytes }, index) => {
    const file = join(folder, `layer-${index}.tar.gz`);
    writeFileSync(file, bytes);
    return file;
  });
}

/** Rewrites with crane. */
export function openCrane(layers: readonly string[]): Side {
  const variables = Object.entries(ENV).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  return {
    plan: async () => undefined,
    rewrite: async ({ repository, digest }) => {
      const from = formatReference({ repository, digest });
      const to = `${repositoryName(repository)}:1.0-otel`;
      await run([crane, 'append', '--base', from, ...layers.flatMap((layer) => ['--new_layer', layer]), '--new_tag', to]);
      await run([crane, 'mutate', to, ...variables, '--label', `org.opencontainers.image.base.name=${from}`, '--tag', to]);
    },
  };
}
