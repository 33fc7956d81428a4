import { ChangeoverError } from '../core/error.ts';
import { readImageConfig } from '../core/image/image-config.ts';
import { linuxImages, readManifest, type ImageManifest } from '../core/image/manifest.ts';
import { ourLabels, readOurs } from '../core/image/our-labels.ts';
import { pinnedManifest } from '../core/image/pinned-manifest.ts';
import { formatReference, parseImageReference, repositoryName, type Repository } from '../core/image/reference.ts';
import { agentRepository, originalTag, targetReference } from '../core/image/target-name.ts';
import type { PruneItem, PruneReport } from '../core/image-report/prune-report.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { Registry } from '../ports/registry.ts';
import { pooled } from './pooled.ts';
import { readNeeds, type ClusterNeeds } from './prune-needs.ts';

export interface PruneOptions {
  readonly policy: Policy;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

interface Ports {
  readonly cluster: Cluster;
  readonly registry: Registry;
}

/** A result of ours, with what has to go when it goes. */
interface Result {
  readonly repository: Repository;
  readonly tag: string;
  readonly digest: string;
  readonly source: string;
  /** Images of an index that are ours too. */
  readonly children: readonly string[];
  /** The manifests that keep its agent layer in the agent's repository. */
  readonly pins: readonly string[];
}

/** What is to be deleted, and the report of it so far. */
export interface PrunePlan {
  readonly report: PruneReport;
  readonly results: readonly (Result & { readonly neededBy: string | undefined })[];
}

/**
 * Finds the results of ours in every repository that the cluster's images lead to by the policy's `image.to`, and what needs them. A result has a tag as
 * `image.to` makes them and our labels. Writes nothing. Throws `denied` when the cluster cannot be read whole: then nothing is known to be unneeded.
 */
export async function planPrune(ports: Ports, options: PruneOptions): Promise<PrunePlan> {
  const { policy, onProgress, signal } = options;
  onProgress?.('Reading what the cluster needs');
  const needs = await readNeeds(ports.cluster, signal);
  const repositories = targetRepositories(needs, policy);
  const unread: { repository: string; because: string }[] = [];
  const found = await pooled([...repositories.values()], 4, async (repository) => {
    onProgress?.(`Looking into ${repositoryName(repository)}`);
    try {
      return await findResults(ports.registry, repository, options);
    } catch (error) {
      if (!(error instanceof ChangeoverError) || error.code === 'aborted') throw error;
      unread.push({ repository: repositoryName(repository), because: error.message });
      return [];
    }
  });
  const judged = found.flat().map((result) => ({ ...result, neededBy: neededBy(result, needs) }));
  const results = await pooled(judged, 4, async (result) =>
    result.neededBy === undefined ? { ...result, neededBy: await otherTag(ports.registry, result, { results: judged, signal }) } : result,
  );
  const items = results.map((each) => toItem(each, each.neededBy === undefined ? 'unneeded' : 'kept', each.neededBy));
  return { results, report: { apiVersion: 'changeover.dev/v1alpha1', kind: 'PruneReport', repositories: repositories.size, items, unread } };
}

/** Deletes what nothing needs. What a tag that is not ours points at stays. A pinned agent layer goes with the last result on its registry. */
export async function prune(registry: Registry, plan: PrunePlan, options: PruneOptions): Promise<PruneReport> {
  const { signal } = options;
  const items: PruneItem[] = [];
  const gone = new Set<PrunePlan['results'][number]>();
  for (const result of plan.results) {
    if (result.neededBy !== undefined) {
      items.push(toItem(result, 'kept', result.neededBy));
      continue;
    }
    const failed = await deleteResult(registry, result, { plan, signal });
    if (failed === undefined) gone.add(result);
    items.push(toItem(result, failed === undefined ? 'deleted' : 'failed', failed));
  }
  await deletePins(registry, { gone, left: plan.results.filter((each) => !gone.has(each)) }, options);
  return { ...plan.report, items };
}

function toItem({ repository, tag, digest, source }: Result, status: PruneItem['status'], because: string | undefined): PruneItem {
  return { reference: formatReference({ repository, tag }), digest, source, status, ...(because === undefined ? {} : { because }) };
}

/** Where results of the images that the cluster names would be. */
function targetRepositories({ references }: ClusterNeeds, { image }: Policy): ReadonlyMap<string, Repository> {
  const found = new Map<string, Repository>();
  for (const text of references.keys()) {
    try {
      const { repository } = targetReference(image.to, { source: parseImageReference(text), hash8: '00000000' });
      found.set(repositoryName(repository), repository);
    } catch {
      // Not the name of an image.
    }
  }
  return found;
}

function neededBy({ repository, tag, digest, children }: Result, { digests, references }: ClusterNeeds): string | undefined {
  const mentioned = [digest, ...children].map((each) => digests.get(each)).find((each) => each !== undefined);
  if (mentioned !== undefined) return mentioned;
  const name = formatReference({ repository, tag });
  return references.get(name) ?? references.get(`${repositoryName(repository)}:${tag}`);
}

async function findResults(registry: Registry, repository: Repository, { policy, signal }: PruneOptions): Promise<readonly Result[]> {
  const tags = (await registry.tags(repository, signal)) ?? [];
  const ours = tags.filter((tag) => originalTag(policy.image.to, tag) !== tag);
  const results = await pooled(ours, 4, (tag) => readResult(registry, { repository, tag }, signal));
  return results.flatMap((each) => each ?? []);
}

/** Undefined for what does not carry our labels. */
async function readResult(
  registry: Registry,
  { repository, tag }: Pick<Result, 'repository' | 'tag'>,
  signal: AbortSignal | undefined,
): Promise<Result | undefined> {
  const stored = await registry.manifest(repository, tag, signal);
  if (!stored) return undefined;
  const root = readManifest(stored.bytes, stored.mediaType);
  const images: ImageManifest[] = [];
  for (const child of root.kind === 'index' ? linuxImages(root) : []) {
    const manifest = await registry.manifest(repository, child.digest, signal);
    const parsed = manifest && readManifest(manifest.bytes, manifest.mediaType);
    if (parsed?.kind === 'image') images.push(parsed);
  }
  const read = await Promise.all((root.kind === 'image' ? [root] : images).map((image) => readOurImage(registry, { repository, image }, signal)));
  const ours = read.flatMap((each) => each ?? []);
  const [first] = ours;
  if (!first) return undefined;
  const children = ours.map((each) => each.digest).filter((digest) => digest !== stored.digest);
  return { repository, tag, digest: stored.digest, source: first.source, children, pins: [...new Set(ours.map((each) => each.pin))] };
}

interface OurImage {
  readonly digest: string;
  readonly source: string;
  readonly pin: string;
}

async function readOurImage(
  registry: Registry,
  { repository, image }: { readonly repository: Repository; readonly image: ImageManifest },
  signal: AbortSignal | undefined,
): Promise<OurImage | undefined> {
  const config = readImageConfig(await registry.config(repository, image.config.digest, signal));
  const ours = readOurs(config);
  const below = Number.parseInt(config.labels[ourLabels.layers] ?? '', 10);
  const [layer, diffId] = [image.layers[below], config.diffIds[below]];
  if (!ours || !layer || diffId === undefined) return undefined;
  const pin = pinnedManifest({ digest: layer.digest, diffId, size: layer.size, bytes: new Uint8Array() }, image.family).manifest.digest;
  return { digest: image.digest, source: ours.sourceName, pin };
}

/** Undefined when it is gone, else why not. */
async function deleteResult(
  registry: Registry,
  result: Result,
  { plan, signal }: { readonly plan: PrunePlan; readonly signal: AbortSignal | undefined },
): Promise<string | undefined> {
  try {
    const other = await otherTag(registry, result, { results: plan.results, signal });
    if (other !== undefined) return `${other} points at it since it was listed`;
    await registry.deleteManifest(result.repository, result.digest, signal);
    const shared = new Set(plan.results.filter((each) => each.digest !== result.digest).flatMap((each) => [each.digest, ...each.children]));
    for (const child of result.children) if (!shared.has(child)) await registry.deleteManifest(result.repository, child, signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.code === 'aborted') throw error;
    return error.message;
  }
}

/** A manifest goes with every tag of it: somebody may have given it one of their own, or an index of their own may hold it. */
async function otherTag(
  registry: Registry,
  { repository, digest, children }: Result,
  { results, signal }: Pick<PrunePlan, 'results'> & { readonly signal: AbortSignal | undefined },
): Promise<string | undefined> {
  const own = results.filter((each) => repositoryName(each.repository) === repositoryName(repository));
  const unneeded = new Set(own.filter((each) => each.neededBy === undefined).map((each) => each.tag));
  const others = ((await registry.tags(repository, signal)) ?? []).filter((tag) => !unneeded.has(tag));
  const pointing = await pooled(others, 4, async (tag) => {
    const manifest = await registry.manifest(repository, tag, signal);
    if (!manifest) return undefined;
    const text = Buffer.from(manifest.bytes).toString('utf8');
    return [digest, ...children].some((each) => manifest.digest === each || text.includes(each)) ? tag : undefined;
  });
  const found = pointing.find((tag) => tag !== undefined);
  return found === undefined ? undefined : `the tag ${found}, which is not ours`;
}

/** Without results that have its layer, a pinning manifest keeps bytes that nobody needs. One that cannot be deleted stays, and does no harm. */
async function deletePins(
  registry: Registry,
  { gone, left }: { readonly gone: ReadonlySet<Result>; readonly left: readonly Result[] },
  { policy, signal }: PruneOptions,
): Promise<void> {
  for (const { repository, pins } of gone) {
    const home = agentRepository(policy.image.agentRepository, repository);
    const held = new Set(left.filter((each) => each.repository.registry === repository.registry).flatMap((each) => each.pins));
    for (const pin of pins.filter((each) => !held.has(each))) await registry.deleteManifest(home, pin, signal).catch(ignoreRefusal);
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ChangeoverError) || error.code === 'aborted') throw error;
}
