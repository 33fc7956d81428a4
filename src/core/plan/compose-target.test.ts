import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sourceImage } from '../../../test/builders/image.ts';
import { buildAgentLayer } from '../image/agent-layer.ts';
import { readImageConfig } from '../image/image-config.ts';
import { readManifest } from '../image/manifest.ts';
import { readOurs } from '../image/our-labels.ts';
import { parseImageReference } from '../image/reference.ts';
import type { PlatformImage, SourceImage } from '../image/source-image.ts';
import { stripOurs } from '../image/strip-ours.ts';
import { composeTarget, type TargetEdits, type TargetImage } from './compose-target.ts';

const JAR = '/sw/agent.jar';
const template = 'mirror.example.com/{path}:{tag}-otel-{hash8}';
const platforms = (count: number): SourceImage => {
  const [first = image('amd64'), ...others] = ['amd64', 'arm64', 's390x'].slice(0, count).map(image);
  return sourceImage(first, ...others);
};

function image(architecture: string) {
  return { architecture, files: { [JAR]: architecture }, config: { Env: ['A=1'], Entrypoint: ['java'] } };
}

function editsOf(version: string, env: { readonly [name: string]: string } = {}): TargetEdits {
  const agentLayer = buildAgentLayer([{ path: 'agent/javaagent.jar', bytes: Buffer.from(version) }], '/changeover');
  return { agent: 'opentelemetry', version, agentLayer, changes: [{ kind: 'symlink', path: JAR, target: '/changeover/agent/javaagent.jar' }], env };
}

function compose(source: SourceImage, edits: TargetEdits, name: string): TargetImage {
  const composed = composeTarget(source, edits, { template, image: parseImageReference(name) });
  if (composed.kind === 'refused') throw new Error(JSON.stringify(composed.finding));
  return composed.target;
}

/** A result as it is read when pods run it: by its documents those of the original, and known to be ours. */
function readBack(source: SourceImage, target: TargetImage): SourceImage {
  const read = (platform: PlatformImage, position: number): PlatformImage => {
    const result = target.platforms[position];
    const original = result && stripOurs(result);
    const ours = result && readOurs(readImageConfig(result.config));
    if (!result || !original || !ours) throw new Error('not ours');
    return { ...platform, stored: result.manifestDigest, config: original.config, facts: { ...platform.facts, ours } };
  };
  const [first, ...others] = source.platforms;
  const common = {
    repository: target.reference.repository,
    digest: target.root.digest,
    platforms: [read(first, 0), ...others.map((each, at) => read(each, at + 1))] as const,
  };
  const parsed = readManifest(target.root.bytes, target.root.mediaType);
  return parsed.kind === 'index' ? { ...common, index: { raw: target.root, parsed } } : common;
}

describe('composeTarget', () => {
  it('makes of a result of ours, one platform or many, what it makes of the original: same bytes, same name', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3), fc.constantFrom('1', '2'), fc.constantFrom({}, { A: '2' }, { B: 'x' }), (count, version, env) => {
        const source = platforms(count);
        const first = compose(source, editsOf('1', { A: 'first' }), 'registry.example.com/shop/orders:7.1');
        const { repository, tag } = first.reference;

        const again = compose(readBack(source, first), editsOf(version, env), `${repository.registry}/${repository.path}:${tag}`);

        expect(again).toEqual(compose(source, editsOf(version, env), 'registry.example.com/shop/orders:7.1'));
      }),
      { numRuns: 12 },
    );
  });

  it('says by which rule an image is not rewritten', () => {
    const source = platforms(1);
    const [platform] = source.platforms;
    const windows = new TextEncoder().encode(new TextDecoder().decode(platform.config).replace('linux', 'windows'));

    const composed = composeTarget({ ...source, platforms: [{ ...platform, config: windows }] }, editsOf('1'), {
      template,
      image: parseImageReference('r.example.com/a:1'),
    });

    expect(composed).toMatchObject({ kind: 'refused', finding: { id: 'image-not-rewritable', params: { rule: 'config-does-not-match' } } });
  });
});
