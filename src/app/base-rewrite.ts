import type { RewrittenBase } from '../core/base/base-report.ts';
import { ChangeoverError } from '../core/error.ts';
import type { ImageReport } from '../core/image-report/image-report.ts';
import { formatReference, type ImageReference } from '../core/image/reference.ts';
import type { Registry } from '../ports/registry.ts';
import { tagTaken } from './push-image.ts';

type Tagged = ImageReference & { readonly tag: string };

/** What moving a base's own tag to its rewritten image would do. */
export interface Retag {
  readonly reference: Tagged;
  readonly before: string;
  readonly after: string;
  /** Keeps the old image from being collected as garbage. */
  readonly kept: Tagged;
}

/** The report of a rewritten base. */
export function reportBase(report: ImageReport, retag?: { readonly plan: Retag; readonly status: 'planned' | 'moved' }): RewrittenBase {
  const { rewrite, reference, digest } = report;
  if (!rewrite) throw new Error('a rewrite without its report');
  const base = { apiVersion: 'changeover.dev/v1alpha1', kind: 'BaseReport', base: reference, digest, rewrite } as const;
  if (!retag) return base;
  const { reference: moved, before, after, kept } = retag.plan;
  return { ...base, retag: { reference: formatReference(moved), before, after, kept: formatReference(kept), status: retag.status } };
}

/** Plans the move. The old image gets a tag of its own first: `TAG-before-otel-` and the first 8 digits of its digest. */
export function planRetag(reference: Tagged, before: string, after: string): Retag {
  const digits = before.slice(before.indexOf(':') + 1, before.indexOf(':') + 9);
  const kept = `${reference.tag.slice(0, 100)}-before-otel-${digits}`;
  return { reference, before, after, kept: { repository: reference.repository, tag: kept } };
}

/**
 * Moves a base's tag to its rewritten image, so that every build from now on starts with the new agent. Errors: `conflict` when the tag was moved by
 * somebody else meanwhile, `refused` when the registry or another tag stands against it.
 */
export async function moveTag(registry: Registry, { reference, before, after, kept }: Retag, signal?: AbortSignal): Promise<void> {
  const { repository, tag } = reference;
  const [old, result, keeper] = await Promise.all([tag, after, kept.tag].map((wanted) => registry.manifest(repository, wanted, signal)));
  if (keeper && keeper.digest !== before) throw tagTaken(kept, keeper.digest);
  if (old?.digest === after) return;
  if (!old || old.digest !== before) throw moved(reference, before, old?.digest);
  if (!result) throw new ChangeoverError('not-found', `${after} is not in the repository of the base image`, { target: formatReference(reference) });
  if (!keeper) await registry.putManifest(repository, kept.tag, old, signal);
  await registry.putManifest(repository, tag, result, signal);
}

function moved(reference: Tagged, before: string, now: string | undefined): ChangeoverError {
  return new ChangeoverError('conflict', `the tag was ${now === undefined ? 'deleted' : `moved to ${now}`} since it was read as ${before}`, {
    target: formatReference(reference),
    hint: 'Somebody pushed meanwhile: run the same command again.',
  });
}
