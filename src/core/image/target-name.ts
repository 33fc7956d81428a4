import { createHash } from 'node:crypto';
import { ChangeoverError } from '../error.ts';
import { canonicalJson } from '../json.ts';
import type { Json } from '../json.ts';
import { parseImageReference } from './reference.ts';
import type { ImageReference, Repository } from './reference.ts';

const MAX_TAG = 128;

/** Names a rewrite: first 8 hex digits of sha256 over what it consists of, so that the same rewrite has the same name in every plan. */
export function hash8(input: { readonly sourceDigest: string; readonly agentLayerDigest: string; readonly edits: Json }): string {
  const { sourceDigest, agentLayerDigest, edits } = input;
  return createHash('sha256').update(canonicalJson({ sourceDigest, agentLayerDigest, edits })).digest('hex').slice(0, 8);
}

/**
 * Fills `{registry}`, `{path}`, `{repository}` (both of them), `{tag}` and `{hash8}` into the policy's `image.to`. A source without a tag counts as `latest`, or, where its digest is
 * known, as `sha256-` and 12 digits of that; its tag is cut where the new one would get too long.
 * Throws `invalid-file` for unknown placeholders, and when the result is not a reference with a tag.
 */
export function targetReference(template: string, { source, hash8 }: { readonly source: ImageReference; readonly hash8: string }): ImageReference {
  const tag = source.tag ?? (source.digest === undefined ? 'latest' : source.digest.replace(':', '-').slice(0, 19));
  const expand = (tag: string): string => fill(template, 'spec.image.to', { ...repositoryValues(source.repository), tag, hash8 });
  const tagOf = (text: string): string => text.slice(text.lastIndexOf(':') + 1);
  const excess = Math.max(0, tagOf(expand(tag)).length - MAX_TAG);
  const target = parse(expand(tag.slice(0, Math.max(tag.length - excess, 0))), 'spec.image.to');
  if (target.tag === undefined || target.digest !== undefined) throw invalid('spec.image.to', `"${template}" must name a tag and no digest`);
  return target;
}

/** The source's tag in the tag of a result, where `image.to` keeps it there; the tag itself where it does not look like one that was made by it. */
export function originalTag(template: string, tag: string): string {
  const parts = template.slice(template.lastIndexOf(':') + 1).split(/(\{tag\}|\{hash8\})/);
  if (parts.filter((part) => part === '{tag}').length !== 1) return tag;
  const pattern = parts.map((part) => (part === '{tag}' ? '(.+)' : part === '{hash8}' ? '[0-9a-f]{8}' : part.replaceAll(/[.]/g, String.raw`\.`))).join('');
  return new RegExp(`^${pattern}$`).exec(tag)?.[1] ?? tag;
}

/** Fills the source's `{registry}`, `{path}` and `{repository}` into the policy's `image.agentRepository`. Throws `invalid-file` like `targetReference`. */
export function agentRepository(template: string, source: Repository): Repository {
  const { repository, tag, digest } = parse(fill(template, 'spec.image.agentRepository', repositoryValues(source)), 'spec.image.agentRepository');
  if (tag !== undefined || digest !== undefined) throw invalid('spec.image.agentRepository', `"${template}" must name a repository, without tag and digest`);
  return repository;
}

function repositoryValues({ registry, path }: Repository): { readonly [name: string]: string } {
  return { registry, path, repository: `${registry}/${path}` };
}

function fill(template: string, field: string, values: { readonly [name: string]: string }): string {
  return template.replaceAll(/\{([^{}]*)\}/g, (placeholder, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value !== undefined) return value;
    throw invalid(
      field,
      `"${placeholder}" is not known in it: use ${Object.keys(values)
        .map((known) => `{${known}}`)
        .join(', ')}`,
    );
  });
}

function parse(text: string, field: string): ImageReference {
  try {
    return parseImageReference(text);
  } catch (cause) {
    throw invalid(field, `it gives "${text}", which is not an image reference`, cause);
  }
}

function invalid(field: string, message: string, cause?: unknown): ChangeoverError {
  return new ChangeoverError('invalid-file', `${field}: ${message}`, { target: field, cause });
}
