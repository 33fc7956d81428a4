import type { Json } from '../json.ts';

/** A path into a document: member names and list indices. */
export type DocumentPath = readonly (string | number)[];

/** Line and column, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A document as plain data, with the place of each path for messages. */
export interface PlacedDocument {
  readonly value: Json;
  /** Where a member's name or a list's item stands; undefined when the path is not in the document. */
  readonly position: (path: DocumentPath) => Place | undefined;
}
