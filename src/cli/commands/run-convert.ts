import { convertManifests, type Conversion } from '../../app/convert-manifests.ts';
import type { ImageKnowledge } from '../../app/convert-images.ts';
import { joinTexts } from '../../core/convert/join-texts.ts';
import { ChangeoverError } from '../../core/error.ts';
import type { ExitCode } from '../exit-code.ts';
import { abortable } from '../interrupts.ts';
import { namespacesOf, type Invocation } from '../invocation.ts';
import { loadPolicy } from '../load-policy.ts';
import { formatConvertNotes, formatConvertSummary } from '../render/convert-notes.ts';
import { formatPatches } from '../render/convert-patch.ts';
import { showProgress } from '../render/progress.ts';
import type { OpenImages, PlacedPolicy } from '../wiring.ts';
import { styleFor } from '../write-result.ts';

const MAX_CONFIG = 4 * 1024 * 1024;

/**
 * `changeover convert -f manifests -p policy.yaml`: standard output carries the changed manifests, or with `--as-patch` the
 * patches; notes go to standard error. Needs no cluster. 0 whenever there is a result.
 */
export async function runConvert(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options } = invocation;
  const paths = checkUsage(invocation);
  const placed = await loadPolicy(invocation);
  if (!placed) throw new ChangeoverError('usage', 'convert needs a policy', { hint: 'Give one with -p policy.yaml.' });
  const sources = await wiring.readManifestFiles(paths);
  const conversion = await convert(invocation, placed, sources);
  if (conversion.files.length === 0) throw nothingFound(conversion, paths);
  if (options.asPatch === true) wiring.stdout.write(await formatPatches(conversion.patches, (value) => wiring.formatYaml(value)));
  else wiring.stdout.write(joinTexts(conversion.files.map((each) => each.text)));
  const style = styleFor(invocation, 'stderr');
  const said = {
    policy: placed.policy,
    policyFile: options.policy ?? '',
    images: options.registry === false || options.imageConfig !== undefined ? 'not-read' : 'read',
  } as const;
  const lines = [
    ...formatConvertNotes(conversion, { ...style, ...said, verbose: options.verbose === true }),
    ...formatConvertSummary(conversion, { ...style, ...said }),
  ];
  wiring.stderr.write(`${lines.join('\n')}\n`);
  return 0;
}

async function convert(
  invocation: Invocation,
  { policy, directory }: PlacedPolicy,
  sources: Awaited<ReturnType<Invocation['wiring']['readManifestFiles']>>,
): Promise<Conversion> {
  const { wiring, options } = invocation;
  const opened = options.registry === false || options.imageConfig !== undefined ? undefined : await wiring.openImages({ policy, directory });
  const progress = showProgress(wiring.stderr);
  try {
    const images = await knowledge(invocation, opened);
    const readManifests = await wiring.openManifests();
    const today = new Date(wiring.clock.now()).toISOString().slice(0, 10);
    const reading = { policy, images, readManifests, today, ...namespacesOf(options), onProgress: (text: string) => progress.say(text) };
    return await abortable(wiring, (signal) => convertManifests(sources, { ...reading, signal }));
  } finally {
    progress.close();
    await opened?.close();
  }
}

async function knowledge({ wiring, options }: Invocation, opened: OpenImages | undefined): Promise<ImageKnowledge> {
  if (opened) return { kind: 'registry', ports: opened.ports };
  const file = options.imageConfig;
  if (file === undefined) return { kind: 'none' };
  return { kind: 'config', file, config: new TextEncoder().encode(await wiring.readTextFile(file, MAX_CONFIG)) };
}

function checkUsage({ options }: Invocation): readonly string[] {
  const { filename = [], imageConfig, registry, output } = options;
  if (filename.length === 0)
    throw new ChangeoverError('usage', 'convert needs manifests', { hint: 'Name a file or a folder with -f, or - for standard input.' });
  if (imageConfig !== undefined && registry === false) {
    throw new ChangeoverError('usage', '--image-config and --no-registry contradict each other', {
      hint: '--image-config asks no registry either: leave --no-registry out.',
    });
  }
  if (output === 'json') throw new ChangeoverError('usage', 'manifests are printed as they are written, not as json', { hint: 'Leave -o out.' });
  if (filename.includes('-') && (options.policy === '-' || imageConfig === '-')) {
    throw new ChangeoverError('usage', 'standard input can be read once', { hint: 'Give the policy, or the image config, as a file.' });
  }
  return filename;
}

function nothingFound({ skipped }: Conversion, paths: readonly string[]): ChangeoverError {
  const helm = skipped.filter((each) => each.why === 'helm-template');
  const target = helm[0]?.file ?? paths.join(', ');
  if (helm.length === 0)
    return new ChangeoverError('usage', 'there is no Kubernetes manifest to convert', {
      target,
      hint: 'Name files or folders with *.yaml, *.yml or *.json manifests.',
    });
  return new ChangeoverError('usage', 'only templates of a Helm chart are there, and nothing to convert', {
    target,
    hint: 'Convert what Helm makes of them: helm template CHART | changeover convert -f - -p policy.yaml',
  });
}
