import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openRegistry } from '../src/adapters/registry/open-registry.ts';
import { systemClock } from '../src/adapters/system-clock.ts';
import { pooled } from '../src/app/pooled.ts';
import { repositoryName } from '../src/core/image/reference.ts';
import type { Registry } from '../src/ports/registry.ts';
import { versions } from '../lab/versions.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { rounded, run, time } from './measure.ts';
import { NotBuilt } from './not-built.ts';
import { startRegistry } from './registry.ts';
import { AGENT_BYTES, crane, ENV, openCrane, openRewriter, writeLayers, type Source } from './rewrite.ts';
import { withScratch, type Scratch } from './scratch.ts';
import { pushSource } from './source-images.ts';

const IMAGES = 200;
const REPOSITORIES = 150;
const PARALLEL = 8;
const BUILDAH_IMAGES = 5;

/** New images for a whole fleet: requests and bytes against the least there can be, time against crane and buildah on the same registry. */
export function benchRewriteFleet(): Promise<object> {
  if (!existsSync(crane)) throw new NotBuilt('crane');
  return withScratch(async (scratch) => {
    const address = await startRegistry(scratch);
    const registry = openRegistry({ settings: {}, directory: '/', env: {}, clock: systemClock });
    try {
      return await measure({ scratch, address, registry });
    } finally {
      await registry.close();
    }
  });
}

interface Place {
  readonly scratch: Scratch;
  readonly address: string;
  readonly registry: Registry;
}

async function measure(place: Place): Promise<object> {
  const { registry, scratch } = place;
  const fleets = { ours: await pushFleet(registry, place.address, 'ours'), peer: await pushFleet(registry, place.address, 'peer') };
  const ours = openRewriter(registry, 'changeover/agent');
  // As `plan` does: every distinct layer is read once, and counted apart.
  const scanMs = await time(() => pooled(fleets.ours, PARALLEL, (image) => ours.plan(image)));
  const scanned = registry.traffic().layerBytesDown;
  const oursMs = await time(() => pooled(fleets.ours, PARALLEL, (image) => ours.rewrite(image)));
  const [first] = fleets.ours;
  if (!first) throw new Error('no image');
  const layers = writeLayers(scratch.folder, await ours.plan(first), first);
  const peer = openCrane(layers);
  const craneMs = await time(() => pooled(fleets.peer, PARALLEL, (image) => peer.rewrite(image)));
  const buildahMs = await measureBuildah(place, layers);
  return {
    commands: { ours: 'readImage, composeTarget, pushImage', crane: `crane ${versions.crane} append; crane mutate`, buildah: 'buildah bud; buildah push' },
    images: IMAGES,
    repositories: REPOSITORIES,
    agentBytes: AGENT_BYTES,
    parallel: PARALLEL,
    scanMs: rounded(scanMs),
    totalMs: { ours: rounded(oursMs), crane: rounded(craneMs) },
    timesFasterThanCrane: rounded(craneMs / oursMs, 1),
    ...(buildahMs === undefined ? {} : { buildahMsPerImage: rounded(buildahMs), timesFasterThanBuildah: rounded((buildahMs * IMAGES) / oursMs, 1) }),
    layerBytesDown: registry.traffic().layerBytesDown - scanned,
    ...(await count(place)),
  };
}

/** Images spread over the repositories: some hold two of different content. */
async function pushFleet(registry: Registry, address: string, name: string): Promise<readonly Source[]> {
  const places = Array.from({ length: IMAGES }, (_, index) => `${address}/${name}/service-${(index % REPOSITORIES) + 1}:1.${Math.floor(index / REPOSITORIES)}`);
  return pooled(places, PARALLEL, (place) => pushSource(registry, place));
}

/**
 * Requests against the floor: per image manifest and config read, config sent (2) and manifest written; per repository the agent's and the other
 * layer mounted; per registry agent and other layer sent (2 each) and the pinning manifest (3). On top of that each image's tag is asked for; the config has been read
 * by the plan, and is not read again.
 */
async function count({ address }: Place): Promise<object> {
  const proxy = await startCountingProxy(address);
  const registry = openRegistry({ settings: {}, directory: '/', env: {}, clock: systemClock });
  try {
    const fleet = await pushFleet(registry, proxy.address, 'counted');
    const ours = openRewriter(registry, 'counted/agent');
    proxy.take();
    await pooled(fleet, PARALLEL, (image) => ours.plan(image));
    const planning = proxy.take();
    await pooled(fleet, PARALLEL, (image) => ours.rewrite(image));
    const traffic = proxy.take();
    const floor = 5 * IMAGES + REPOSITORIES * (1 + 1) + (2 + 2 + 3);
    return { planning: { requests: planning.requests }, traffic, floor, tagQuestions: IMAGES, timesFloor: rounded(traffic.requests / floor, 3) };
  } finally {
    proxy.close();
    await registry.close();
  }
}

/** Milliseconds per image; undefined where there is no buildah. Base images are pulled anew, as for images of different services. */
async function measureBuildah({ registry, address, scratch }: Place, layers: readonly string[]): Promise<number | undefined> {
  if (spawnSync('buildah', ['--version']).error) return undefined;
  const context = join(scratch.folder, 'context');
  mkdirSync(context);
  for (const [index, layer] of layers.entries()) copyFileSync(layer, join(context, `layer-${index}.tar.gz`));
  const sources: Source[] = [];
  for (let index = 0; index < BUILDAH_IMAGES; index += 1) sources.push(await pushSource(registry, `${address}/buildah/service-${index + 1}:1.0`));
  const storage = ['--root', join(scratch.folder, 'storage'), '--runroot', join(scratch.folder, 'runroot'), '--storage-driver', 'vfs'];
  const variables = Object.entries(ENV).map(([name, value]) => `ENV ${name}=${value}`);
  const total = await time(async () => {
    for (const { repository, digest } of sources) {
      const lines = [`FROM ${repositoryName(repository)}@${digest}`, ...layers.map((_, index) => `ADD layer-${index}.tar.gz /`), ...variables];
      writeFileSync(join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
      const to = `${repositoryName(repository)}:1.0-otel`;
      await run(['buildah', ...storage, 'bud', '--tls-verify=false', '--tag', to, context]);
      await run(['buildah', ...storage, 'push', '--tls-verify=false', to]);
    }
  });
  return total / BUILDAH_IMAGES;
}
