import * as fc from 'fast-check';
import { openRegistry } from '../../src/adapters/registry/open-registry.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { buildAgentLayer } from '../../src/core/image/agent-layer.ts';
import { buildPathLayer, type LayerChange } from '../../src/core/image/path-layer.ts';
import { rewriteImage } from '../../src/core/image/rewrite-image.ts';
import type { ImageFiles } from '../../src/core/image/image-facts.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { chooseChanges, NEW_JAR, toShell, wishes, type Wish } from './choose-changes.ts';
import { generateLayers, type GeneratedEntry } from './generate-layers.ts';
import { unpackers, type ImageTools, type Unpacker } from './image-tools.ts';
import { compareTrees, type Tree } from './list-tree.ts';
import { pushGenerated, pushRewritten, scanImage } from './push-generated.ts';

export interface Checked {
  /** Of all images: the unpacker, the path, and what each side has there. */
  readonly differences: readonly string[];
  /** How many changes were made below folders of the images. */
  readonly changes: number;
}

interface Scenario {
  readonly layers: readonly (readonly GeneratedEntry[])[];
  readonly asked: readonly Wish[];
}

const agentLayer = buildAgentLayer([{ path: 'agent/javaagent.jar', bytes: Buffer.from('jar') }], '/changeover');

/**
 * Makes images of many scenarios, each below a folder of its own, changes them by our layers and by a Dockerfile that buildah builds, and compares what unpackers
 * make of both; and of the source, from which nothing else may differ.
 */
export async function checkAgainstBuildah(
  tools: ImageTools,
  size: { readonly seed: number; readonly images: number; readonly scenarios: number },
): Promise<Checked> {
  const registry = openRegistry({ settings: {}, directory: '/', env: {}, clock: systemClock });
  const differences: string[] = [];
  let changes = 0;
  try {
    for (let image = 0; image < size.images; image += 1) {
      const scenarios = Array.from({ length: size.scenarios }, (_, at) => generate(at, size.seed + image * 1000 + at));
      const checked = await checkImage(tools, registry, { name: `${tools.registry}/it/image-${image}`, scenarios, family: image % 2 === 0 ? 'oci' : 'docker' });
      differences.push(...checked.differences.map((line) => `seed ${size.seed}, image ${image}, ${line}`));
      changes += checked.changes;
    }
  } finally {
    await registry.close();
  }
  return { differences, changes };
}

function generate(at: number, seed: number): Scenario {
  const [scenario] = fc.sample(fc.record({ layers: generateLayers(homeOf(at)), asked: wishes }), { seed, numRuns: 1 });
  if (!scenario) throw new Error('no scenario');
  return scenario;
}

function homeOf(at: number): string {
  return `/case-${at}`;
}

interface Job {
  readonly name: string;
  readonly scenarios: readonly Scenario[];
  readonly family: 'oci' | 'docker';
}

async function checkImage(tools: ImageTools, registry: Registry, { name, scenarios, family }: Job): Promise<Checked> {
  const names = { source: `${name}:source`, ours: `${name}:ours`, built: `${name}:built` };
  const depth = Math.max(...scenarios.map(({ layers }) => layers.length));
  const layers = Array.from({ length: depth }, (_, at) => scenarios.flatMap((scenario) => scenario.layers[at] ?? []));
  const source = await pushGenerated(registry, names.source, { layers, family });
  const files = await scanImage(registry, names.source, source);
  const changes = scenarios.flatMap(({ asked }, at) => chooseChanges(files, homeOf(at), asked));
  const path = buildPathLayer(files, changes);
  if (path.kind === 'refused') throw new Error(`changes that were accepted one by one are refused together: ${JSON.stringify(path.finding)}`);

  const brought = [agentLayer, path.layer];
  const origin = { name: names.source, agent: 'opentelemetry', version: '2.33.1' };
  const image = rewriteImage(source, {
    origin,
    layers: brought.map((layer) => ({ layer, createdBy: 'changeover' })),
    env: { set: { JAVA_TOOL_OPTIONS: '-Dnew' } },
  });
  await pushRewritten(registry, names.ours, image, brought);
  await tools.validate(names.ours);
  const recipe = { dockerfile: dockerfile(names.source, changes), context: { 'javaagent.jar': Buffer.from('jar') } };
  // A build sees what its own driver makes of the source, and where drivers disagree its layer says so.
  for (const driver of ['vfs', 'overlay'] as const) await tools.build(driver, recipe, builtBy(names.built, driver));

  const differences: string[] = [];
  for (const unpacker of unpackers) {
    const [before, ours, built] = [
      await tools.unpack(names.source, unpacker),
      await tools.unpack(names.ours, unpacker),
      await tools.unpack(builtBy(names.built, unpacker), unpacker),
    ];
    differences.push(...compareTrees(ours, built).map((line) => `${unpacker}, against buildah: ${line}`));
    differences.push(
      ...compareTrees(untouched(ours, files, changes), untouched(before, files, changes)).map((line) => `${unpacker}, against the source: ${line}`),
    );
  }
  return { differences, changes: changes.length };
}

function builtBy(name: string, unpacker: Unpacker): string {
  return `${name}-${unpacker === 'overlay' ? 'overlay' : 'vfs'}`;
}

function dockerfile(source: string, changes: readonly LayerChange[]): string {
  const script = toShell(changes);
  return [
    `FROM ${source}`,
    `COPY javaagent.jar ${NEW_JAR}`,
    `RUN ${JSON.stringify(['/bin/busybox', 'sh', '-ec', script])}`,
    'ENV JAVA_TOOL_OPTIONS=-Dnew',
    '',
  ].join('\n');
}

/** What the changes do not concern: neither their places with all below, nor our own folder. */
function untouched(tree: Tree, files: ImageFiles, changes: readonly LayerChange[]): Tree {
  const places = [...changes.map((change) => files.physicalPath(change.path) ?? ''), '/changeover'];
  return new Map([...tree].filter(([path]) => !places.some((place) => path === place || path.startsWith(`${place}/`))));
}
