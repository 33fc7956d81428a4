import { constants } from 'node:fs';
import { mkdir, open, rename, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ChangeoverError } from '../../core/error.ts';
import type { Journal, JournalEntry } from '../../ports/journal.ts';
import { journalLineSchema } from './schema.ts';

const NEWLINE = 0x0a;
/** Clusters and runs become names of a directory and a file. */
const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/;

/**
 * Opens `<directory>/<clusterId>/<run>.jsonl` for appending (directories 0700, file 0600) and continues its numbering.
 * A line that a crash tore is cut off before the next append. Throws `usage` naming the path when the file cannot be
 * written (permissions, full disk, read-only), `invalid-file` when a whole line of it is no journal line.
 */
export async function openFileJournal(directory: string, clusterId: string, run: string): Promise<Journal> {
  if (!SAFE_NAME.test(clusterId) || !SAFE_NAME.test(run)) {
    throw new ChangeoverError('usage', `a journal cannot be named ${clusterId}/${run}`, { hint: 'Use letters, digits, dots and dashes.' });
  }
  const path = join(directory, clusterId, `${run}.jsonl`);
  const handle = await naming(path, () => openDurably(path));
  try {
    return new FileJournal(path, handle, await naming(path, () => readLines(handle, path)));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class FileJournal implements Journal {
  readonly location: string;
  readonly #handle: FileHandle;
  /** Bytes of the whole lines we know of. */
  #end: number;
  #seq: number;
  /** Appends run one after the other: a line's number is its place in the file. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(location: string, handle: FileHandle, lines: Lines) {
    this.location = location;
    this.#handle = handle;
    this.#end = lines.end;
    this.#seq = lines.entries.at(-1)?.seq ?? 0;
  }

  append(entry: Omit<JournalEntry, 'seq'>): Promise<JournalEntry> {
    const appended = this.#last.then(() => naming(this.location, () => this.#write(entry)));
    this.#last = appended.catch(() => undefined);
    return appended;
  }

  async read(): Promise<readonly JournalEntry[]> {
    await this.#last;
    return naming(this.location, async () => (await readLines(this.#handle, this.location)).entries);
  }

  /** `<run>.evidence/<name>` beside the journal, whole or not at all. */
  keep(name: string, text: string): Promise<string> {
    if (!SAFE_NAME.test(name))
      throw new ChangeoverError('usage', `a file of evidence cannot be named ${name}`, { hint: 'Use letters, digits, dots and dashes.' });
    const path = join(`${this.location.replace(/\.jsonl$/, '')}.evidence`, name);
    return naming(path, () => writeWhole(path, text));
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#handle.close();
  }

  async #write(entry: Omit<JournalEntry, 'seq'>): Promise<JournalEntry> {
    await this.#catchUp();
    const line = { seq: this.#seq + 1, ...entry };
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    await this.#handle.appendFile(bytes);
    await this.#handle.sync();
    this.#end += bytes.length;
    this.#seq = line.seq;
    return line;
  }

  /** After a torn line (a crash, a full disk) or lines of another process: keeps every whole line, cuts the rest. */
  async #catchUp(): Promise<void> {
    const { size } = await this.#handle.stat();
    if (size === this.#end) return;
    const lines = await readLines(this.#handle, this.location);
    if (size > lines.end) await this.#handle.truncate(lines.end);
    this.#end = lines.end;
    this.#seq = lines.entries.at(-1)?.seq ?? 0;
  }
}

interface Lines {
  readonly entries: readonly JournalEntry[];
  readonly end: number;
}

async function readLines(handle: FileHandle, path: string): Promise<Lines> {
  const { size } = await handle.stat();
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await handle.read(bytes, 0, size, 0);
  const end = bytes.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
  const lines = bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
  return { entries: lines.map((line, index) => parseLine(line, `${path}:${index + 1}`)), end };
}

function parseLine(line: string, place: string): JournalEntry {
  try {
    return journalLineSchema.parse(JSON.parse(line));
  } catch (error) {
    const hint = 'Somebody changed the file. Move it away and run the command again: the cluster holds the truth, a new journal starts.';
    throw new ChangeoverError('invalid-file', `${place} is not a line of a journal`, { target: place, hint, cause: error });
  }
}

/** Creates the file and makes its name durable too: without a sync of the directory a power cut may lose a new file. */
async function openDurably(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
  const parent = await open(dirname(path), constants.O_RDONLY);
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
  return handle;
}

async function writeWhole(path: string, text: string): Promise<string> {
  const beside = `${path}.${process.pid}.tmp`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(beside, text, { mode: 0o600 });
  await rename(beside, path);
  return path;
}

async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    if (error instanceof ChangeoverError || code === undefined) throw error;
    throw new ChangeoverError('usage', `the journal cannot be written: ${code === 'ENOSPC' ? 'the disk is full' : code}`, {
      target: path,
      hint: 'Make room or rights there, or set XDG_STATE_HOME to another directory; nothing is changed in a cluster without a journal.',
      cause: error,
    });
  }
}
