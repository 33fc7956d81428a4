import type { JsonObject } from '../core/json.ts';

/** One line of the local journal. `seq` rises by one per line within a run. */
export interface JournalEntry {
  readonly seq: number;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly run: string;
  readonly type: string;
  /** `namespace/Kind/name`, where the line is about one workload. */
  readonly workload?: string;
  readonly data: JsonObject;
}

/** Append-only evidence and second copy of a run. The cluster stays the truth. */
export interface Journal {
  /** Where it is kept, for messages. */
  readonly location: string;
  /** Returns only after the line is durable. A full disk or a torn file throws; nothing may be done without it. */
  append(entry: Omit<JournalEntry, 'seq'>): Promise<JournalEntry>;
  /** All whole lines of this run; a torn last line (a crash in the middle of a write) is left out. */
  read(): Promise<readonly JournalEntry[]>;
  /** Keeps a text beside the journal, readable by its owner alone, and returns where. Not every adapter can. */
  keep?(name: string, text: string): Promise<string>;
  close(): Promise<void>;
}
