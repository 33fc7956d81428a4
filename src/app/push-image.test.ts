import { beforeEach, describe, expect, it } from 'vitest';
import { sourceImage } from '../../test/builders/image.ts';
import { openSimulatedRegistry, type SimulatedRegistry } from '../adapters/simulated/simulated-registry.ts';
import { ChangeoverError } from '../core/error.ts';
import { buildAgentLayer } from '../core/image/agent-layer.ts';
import { parseImageReference } from '../core/image/reference.ts';
import type { SourceImage } from '../core/image/source-image.ts';
import { composeTarget, type TargetImage } from '../core/plan/compose-target.ts';
import { pushImage, type PushOptions } from './push-image.ts';

const JAR = '/opt/skywalking/skywalking-agent.jar';
const agentHome = { registry: 'registry.example.com', path: 'changeover/agent' };
const agentLayer = buildAgentLayer([{ path: 'agent/javaagent.jar', bytes: new Uint8Array(200_000) }], '/changeover');

/** An image of its own content in a repository, with what it becomes. */
function imageIn(path: string): { readonly source: SourceImage; readonly target: TargetImage } {
  const config = { Env: [`JAVA_TOOL_OPTIONS=-javaagent:${JAR}`], Labels: { service: path } };
  const made = sourceImage({ files: { [JAR]: 'jar', '/etc/': null }, config });
  const source = { ...made, repository: { registry: agentHome.registry, path } };
  const changes = [{ kind: 'symlink', path: JAR, target: '/changeover/agent/javaagent.jar' }] as const;
  const edits = { agent: 'opentelemetry', version: '1', agentLayer, changes, env: {} };
  const image = parseImageReference(`${agentHome.registry}/${path}:1.0`);
  const composed = composeTarget(source, edits, { template: '{repository}:{tag}-otel-{hash8}', image });
  if (composed.kind === 'refused') throw new Error(JSON.stringify(composed));
  return { source, target: composed.target };
}

describe('pushing images', () => {
  let registry: SimulatedRegistry;
  let options: PushOptions;

  beforeEach(() => {
    registry = openSimulatedRegistry();
    options = { agentHome, homes: new Map() };
  });

  /** The base layers, as they were before us. */
  async function stage({ source }: { readonly source: SourceImage }): Promise<void> {
    for (const platform of source.platforms) for (const { digest } of platform.parsed.layers) registry.seed(source.repository, digest);
  }

  async function push(path: string, more: Partial<PushOptions> = {}): Promise<'existed' | 'pushed'> {
    const image = imageIn(path);
    await stage(image);
    return pushImage(registry, image.source, image.target, { ...options, ...more });
  }

  it('sends every layer once, side by side too, and mounts it everywhere else', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((path) => push(`shop/${path}`)));

    const { bytesUp } = registry.traffic();
    expect(bytesUp).toBeGreaterThan(agentLayer.size);
    expect(bytesUp).toBeLessThan(agentLayer.size + 20_000);
  });

  it('sends a layer that several images share once, the agent or not', async () => {
    const uploaded: string[] = [];
    const putBlob: SimulatedRegistry['putBlob'] = async (repository, blob, how) => {
      const done = await registry.putBlob(repository, blob, how);
      if (done === 'uploaded') uploaded.push(blob.digest);
      return done;
    };
    for (const path of ['shop/a', 'shop/b', 'shop/c']) {
      const { source, target } = imageIn(path);
      await stage({ source });
      await pushImage({ ...registry, putBlob }, source, target, options);
    }

    const { layers } = imageIn('shop/a').target;
    expect(layers.map(({ digest }) => uploaded.filter((each) => each === digest).length)).toEqual([1, 1]);
  });

  it('finds what another process pushed, and sends nothing', async () => {
    await push('shop/a');
    const before = registry.traffic();

    const how = await push('shop/a', { homes: new Map() });

    expect(how).toBe('existed');
    expect(registry.traffic().bytesUp).toBe(before.bytesUp);
    expect(registry.traffic().requests).toBe(before.requests + 1);
  });

  it('copies a layer that images share to another registry once, and mounts it there', async () => {
    const elsewhere = openSimulatedRegistry();
    const copied: string[] = [];
    const mounted: string[] = [];
    const copyBlob: SimulatedRegistry['copyBlob'] = async (repository) => {
      copied.push(repository.path);
      elsewhere.seed(repository, imageIn('shop/a').source.platforms[0].parsed.layers[0]?.digest ?? '');
      return 'copied';
    };
    const mountBlob: SimulatedRegistry['mountBlob'] = async (repository, digest, from, signal) => {
      mounted.push(`${repository.path} from ${from.path}`);
      return elsewhere.mountBlob(repository, digest, from, signal);
    };

    for (const path of ['shop/a', 'shop/b']) {
      const { source, target } = imageIn(path);
      const there = { ...target, reference: { ...target.reference, repository: { registry: 'other.example.com', path } } };
      const home = { registry: 'other.example.com', path: 'changeover/agent' };
      await pushImage({ ...elsewhere, copyBlob, mountBlob }, source, there, { ...options, agentHome: home });
    }

    expect(copied).toEqual(['shop/a']);
    expect(mounted).toEqual(['shop/b from shop/a']);
  });

  it('keeps the agent layer in its home by a manifest', async () => {
    await push('shop/a');

    const { target } = imageIn('shop/a');
    expect(await registry.hasBlob(agentHome, target.layers[0]?.digest ?? '')).toBe(true);
    expect(await registry.countManifests(agentHome)).toBe(1);
  });

  it('sends what vanished between the question and the manifest once more', async () => {
    const { source, target } = imageIn('shop/a');
    await stage({ source });
    const configDigest = target.platforms[0]?.configDigest ?? '';
    let collected = false;
    const putManifest: SimulatedRegistry['putManifest'] = async (repository, ...rest) => {
      if (!collected && repository.path === 'shop/a') registry.collect(repository, configDigest);
      collected ||= repository.path === 'shop/a';
      return registry.putManifest(repository, ...rest);
    };

    const how = await pushImage({ ...registry, putManifest }, source, target, options);

    expect(how).toBe('pushed');
    expect((await registry.manifest(target.reference.repository, target.reference.tag))?.digest).toBe(target.root.digest);
  });

  it('signs the image by its digest before there is a tag', async () => {
    const { target } = imageIn('shop/a');
    const seen: unknown[] = [];
    const sign: PushOptions['sign'] = async ({ repository, digest }) => {
      seen.push(digest, await registry.manifest(repository, digest).then((each) => each !== undefined), await registry.tags(repository));
    };

    await push('shop/a', { sign });

    expect(seen).toEqual([target.root.digest, true, []]);
    expect(await registry.tags(target.reference.repository)).toEqual([target.reference.tag]);
  });

  it('writes no tag when signing fails', async () => {
    const sign = async (): Promise<never> => {
      throw new ChangeoverError('refused', 'no key', { rule: 'sign-failed' });
    };

    await expect(push('shop/a', { sign })).rejects.toMatchObject({ rule: 'sign-failed' });

    expect(await registry.tags({ registry: agentHome.registry, path: 'shop/a' })).toEqual([]);
  });

  it('never overwrites a tag with other content', async () => {
    const { target } = imageIn('shop/a');
    const { repository, tag } = target.reference;
    await registry.putManifest(repository, tag, { mediaType: 'application/vnd.oci.image.index.v1+json', bytes: Buffer.from('{"manifests":[]}') });

    await expect(push('shop/a')).rejects.toMatchObject({ code: 'refused', rule: 'tag-taken', target: expect.stringContaining(tag) });
  });

  it('says that a registry is full, in words that do not depend on how it says so', async () => {
    registry.faults = { full: [agentHome.registry] };

    await expect(push('shop/a')).rejects.toMatchObject({ code: 'refused', rule: 'registry-full', hint: expect.stringContaining('image prune') });
  });
});
