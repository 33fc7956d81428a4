import { z } from 'zod';
import { sha256Digest } from './digest.ts';
import type { ImageConfig } from './image-facts.ts';
import { imageRefusal } from './image-rule.ts';
import { readDocument } from './json-document.ts';

/** An image config with what a rewrite needs besides its runtime part. */
export interface StoredConfig extends ImageConfig {
  /** Digests of the uncompressed layers, lowest first. */
  readonly diffIds: readonly string[];
  /** One entry per build step; an empty one has no layer. */
  readonly history: readonly { readonly emptyLayer: boolean }[];
}

const strings = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

/** The members we read (OCI image-spec config.md; Docker's is the same). Every optional one may be null. */
const schema = z.object({
  os: text,
  architecture: text,
  config: z
    .object({
      Entrypoint: strings,
      Cmd: strings,
      Env: strings,
      WorkingDir: text,
      User: text,
      Labels: z.record(z.string(), z.string().nullable()).nullish(),
      Volumes: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
  rootfs: z.object({ type: z.string(), diff_ids: strings }),
  history: z
    .array(z.object({ empty_layer: z.boolean().nullish() }))
    .nullish()
    .transform((value) => value ?? []),
});

/** Reads an image config. Throws `unsupported` when it is not the config of an image: no platform, or a root file system that is not made of layers. */
export function readImageConfig(bytes: Uint8Array): StoredConfig {
  const { os, architecture, config, rootfs, history } = readDocument(bytes, schema, 'image config');
  const problem =
    rootfs.type !== 'layers' ? `its rootfs.type is "${rootfs.type}"` : os === '' || architecture === '' ? 'it names no os or no architecture' : undefined;
  if (problem !== undefined) throw imageRefusal('not-an-image', `not the config of an image: ${problem}`, { target: sha256Digest(bytes) });
  return {
    os,
    architecture,
    entrypoint: config?.Entrypoint ?? [],
    cmd: config?.Cmd ?? [],
    env: (config?.Env ?? []).map(splitVariable),
    workingDir: config?.WorkingDir ?? '',
    user: config?.User ?? '',
    labels: Object.fromEntries(Object.entries(config?.Labels ?? {}).map(([key, value]) => [key, value ?? ''])),
    volumes: Object.keys(config?.Volumes ?? {}),
    diffIds: rootfs.diff_ids,
    history: history.map((entry) => ({ emptyLayer: entry.empty_layer ?? false })),
  };
}

/** Splits `NAME=value` at the first `=`; an entry without one is a name with an empty value. */
function splitVariable(entry: string): readonly [name: string, value: string] {
  const equals = entry.indexOf('=');
  return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
}
