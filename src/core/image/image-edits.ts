import type { Json } from '../json.ts';
import type { BuiltLayer } from './built-layer.ts';

/** What a rewrite changes. Everything in it takes part in the result's digest, and nothing else does. */
export interface ImageEdits {
  /** For labels and annotations: the source's name (fully qualified), and the agent the layers bring. */
  readonly origin: { readonly name: string; readonly agent: string; readonly version: string };
  /** On top of the source's layers, lowest first. */
  readonly layers: readonly { readonly layer: BuiltLayer; readonly createdBy: string }[];
  readonly env?: { readonly set?: { readonly [name: string]: string }; readonly remove?: readonly string[] };
  readonly labels?: { readonly [key: string]: string };
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
}

/** The edits as data, layers by their digests: what goes into the target's name and the edits label. */
export function describeEdits({ origin, layers, env, labels, entrypoint, cmd }: ImageEdits): Json {
  return {
    origin,
    layers: layers.map(({ layer, createdBy }) => ({ digest: layer.digest, createdBy })),
    env: { set: env?.set ?? {}, remove: [...new Set(env?.remove)].sort() },
    labels: labels ?? {},
    entrypoint: entrypoint ?? null,
    cmd: cmd ?? null,
  };
}
