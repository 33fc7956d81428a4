import type { Xattrs } from './repeatable-xattrs.ts';

interface TarEntryBase {
  /** Relative to the root of the image, without a trailing slash. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since the epoch; a fraction is kept. */
  readonly mtime: number;
}

/** One entry of a layer's tar. A whiteout is an empty file with a whiteout's name. */
export type TarEntry =
  | (TarEntryBase & { readonly kind: 'directory'; readonly xattrs?: Xattrs })
  | (TarEntryBase & { readonly kind: 'file'; readonly bytes: Uint8Array })
  | (TarEntryBase & { readonly kind: 'symlink'; readonly target: string });

const BLOCK = 512;
const TYPE_FLAG = { file: '0', symlink: '2', directory: '5' } as const satisfies { readonly [kind in TarEntry['kind']]: string };
const encoder = new TextEncoder();

/**
 * Writes a tar in the order given, with nothing in it that was not asked for: same entries, same bytes.
 * POSIX ustar; what does not fit its fields (long or non-ASCII names, big ids, fractions of seconds) goes into a pax header (POSIX.1-2017, pax).
 */
export function writeTar(entries: readonly TarEntry[]): Uint8Array {
  const blocks = entries.flatMap(encodeEntry);
  const length = blocks.reduce((sum, { length }) => sum + padded(length), 0);
  const out = new Uint8Array(length + 2 * BLOCK);
  let at = 0;
  for (const block of blocks) {
    out.set(block, at);
    at += padded(block.length);
  }
  return out;
}

function padded(length: number): number {
  return Math.ceil(length / BLOCK) * BLOCK;
}

function encodeEntry(entry: TarEntry): readonly Uint8Array[] {
  const name = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
  const bytes = entry.kind === 'file' ? entry.bytes : new Uint8Array();
  const header = encodeHeader({ ...entry, name, type: TYPE_FLAG[entry.kind], size: bytes.length, link: entry.kind === 'symlink' ? entry.target : '' });
  const records = Buffer.concat(listPaxRecords(entry, name));
  if (records.length === 0) return [header, bytes];
  const pax = encodeHeader({ name: 'PaxHeaders/entry', mode: 0o644, uid: 0, gid: 0, mtime: 0, type: 'x', size: records.length, link: '' });
  return [pax, records, header, bytes];
}

function listPaxRecords(entry: TarEntry, name: string): readonly Uint8Array[] {
  const records: Uint8Array[] = [];
  if (!fits(name, 100)) records.push(paxRecord('path', name));
  if (entry.kind === 'symlink' && !fits(entry.target, 100)) records.push(paxRecord('linkpath', entry.target));
  for (const id of ['uid', 'gid'] as const) if (entry[id] > 0o7777777) records.push(paxRecord(id, `${entry[id]}`));
  if (!Number.isInteger(entry.mtime) || entry.mtime < 0 || entry.mtime > 0o77777777777) records.push(paxRecord('mtime', `${entry.mtime}`));
  const xattrs = entry.kind === 'directory' ? Object.entries(entry.xattrs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)) : [];
  for (const [key, value] of xattrs) records.push(paxRecord(`SCHILY.xattr.${key}`, Buffer.from(value, 'base64')));
  return records;
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string | Uint8Array): Uint8Array {
  const rest = Buffer.concat([encoder.encode(` ${key}=`), typeof value === 'string' ? encoder.encode(value) : value, encoder.encode('\n')]);
  let length = rest.length + `${rest.length}`.length;
  length = rest.length + `${length}`.length;
  return Buffer.concat([encoder.encode(`${length}`), rest]);
}

function fits(text: string, length: number): boolean {
  return text.length <= length && /^[\x20-\x7e]*$/.test(text);
}

interface Header {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly size: number;
  readonly type: string;
  readonly link: string;
}

function encodeHeader(header: Header): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (offset: number, text: string, length: number): void => block.set(encoder.encode(text).subarray(0, length), offset);
  const octal = (offset: number, value: number, length: number): void => {
    const largest = 8 ** (length - 1) - 1;
    put(
      offset,
      `${Math.trunc(Math.min(Math.max(value, 0), largest))
        .toString(8)
        .padStart(length - 1, '0')}\0`,
      length,
    );
  };
  put(0, header.name, 100);
  octal(100, header.mode, 8);
  octal(108, header.uid, 8);
  octal(116, header.gid, 8);
  octal(124, header.size, 12);
  octal(136, header.mtime, 12);
  put(148, '        ', 8);
  put(156, header.type, 1);
  put(157, header.link, 100);
  put(257, 'ustar\x0000', 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `, 8);
  return block;
}
