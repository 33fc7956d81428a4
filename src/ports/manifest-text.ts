import type { DocumentEdit } from '../core/convert/document-edit.ts';
import type { Splice } from '../core/image/raw-json.ts';
import type { PlacedDocument } from '../core/policy/placed-document.ts';

/** One document of a text that holds Kubernetes manifests. */
export interface ManifestDocument extends PlacedDocument {
  /**
   * Makes the edits in the text, each group whole or not at all, and proves the result by reading it again: it means what
   * the edits say, and nothing else. `refused[i]` says why group i was left out. Splices refer to the whole text, do not
   * overlap, and are sorted by place.
   */
  edit(groups: readonly (readonly DocumentEdit[])[]): EditedDocument;
}

export interface EditedDocument {
  readonly splices: readonly Splice[];
  readonly refused: readonly (EditRefusal | undefined)[];
}

/** `shared`: the place is reached through an alias, a merge key or an anchor that others use. `form`: it is written in a way that we do not edit. */
export type EditRefusal = 'shared' | 'form';

/**
 * The documents of a YAML or JSON text, one at a time, in order. Throws `invalid-file` with file, line and column for
 * what is not valid, and for texts made to exhaust us.
 */
export type ReadManifests = (text: string, file: string) => Iterable<ManifestDocument>;
