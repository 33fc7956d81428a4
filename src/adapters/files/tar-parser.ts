import { posix } from 'node:path';
import { ChangeoverError } from '../../core/error.ts';
import type { LayerEntry } from '../../core/image/image-facts.ts';
import { collectBytes } from './collect-bytes.ts';

/** Takes the bytes of one file of the archive, in parts. The parts are views of the chunks: copy what must outlive the call. */
export interface TarSink {
  write(part: Uint8Array): void;
  /** After the last byte; also called for an empty file. */
  end(): void;
}

export interface TarParser {
  write(chunk: Uint8Array): void;
  /** Throws `unsupported` when the archive stops in the middle of an entry. */
  end(): void;
}

const BLOCK = 512;
const MAX_EXTENSION = 1024 * 1024;
const HEADER_ONLY = new Set(['1', '2', '3', '4', '5', '6']);
/** How GNU tar, Go and others write extended attributes, values as they are. */
const XATTR = 'SCHILY.xattr.';
const TYPES: { readonly [flag: string]: LayerEntry['type'] } = { '0': 'file', '\0': 'file', '7': 'file', '1': 'hardlink', '2': 'symlink', '5': 'directory' };

/**
 * Reads a tar archive (ustar, pax and GNU long names) that is pushed into it chunk by chunk, without buffering file bodies.
 * `onEntry` is called for every entry in order and may return a sink for a file's bytes. Paths come out absolute and
 * normalised (`./opt/app/` = `/opt/app`). Throws `unsupported`, naming `target`, for sparse files
 * and for what is not a tar archive.
 */
export function createTarParser(target: string, onEntry: (entry: LayerEntry) => TarSink | undefined): TarParser {
  const block = Buffer.alloc(BLOCK);
  let filled = 0;
  let zeroBlocks = 0;
  let remaining = 0;
  let padding = 0;
  let sink: TarSink | undefined;
  let extension: Extension = {};

  function startEntry(): void {
    if (isZero(block)) {
      zeroBlocks += 1;
      return;
    }
    zeroBlocks = 0;
    checkSum(block);
    const flag = String.fromCharCode(block[156] ?? 0);
    const metadata = flag === 'x' || flag === 'g' || flag === 'L' || flag === 'K';
    const size = metadata ? readNumber(block, 124, 12) : (extension.size ?? readNumber(block, 124, 12));
    remaining = HEADER_ONLY.has(flag) ? 0 : size;
    padding = (BLOCK - (remaining % BLOCK)) % BLOCK;
    if (metadata) {
      sink = collectExtension(flag, size, (found) => {
        extension = { ...extension, ...found };
      });
    } else {
      if (flag === 'S') throw new BrokenTar('it holds a sparse file');
      const entry = toEntry(block, flag, extension);
      extension = {};
      sink = onEntry({ ...entry, size: remaining });
    }
    if (remaining === 0) finishBody();
  }

  function finishBody(): void {
    const finished = sink;
    sink = undefined;
    finished?.end();
  }

  function write(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && zeroBlocks < 2) {
      const wanted = remaining > 0 ? remaining : padding > 0 ? padding : BLOCK - filled;
      const part = chunk.subarray(at, at + wanted);
      at += part.length;
      if (remaining > 0) {
        sink?.write(part);
        remaining -= part.length;
        if (remaining === 0) finishBody();
      } else if (padding > 0) {
        padding -= part.length;
      } else {
        block.set(part, filled);
        filled = (filled + part.length) % BLOCK;
        if (filled === 0) startEntry();
      }
    }
  }

  function end(): void {
    if (remaining > 0 || filled > 0) throw new BrokenTar('it ends in the middle of an entry');
  }

  function naming(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof BrokenTar)) throw error;
      throw new ChangeoverError('unsupported', `not a tar archive this program can read: ${error.message}`, { target });
    }
  }

  return { write: (chunk) => naming(() => write(chunk)), end: () => naming(end) };
}

/** What pax records and GNU long-name entries say about the entry after them. */
interface Extension {
  readonly path?: string;
  readonly link?: string;
  readonly size?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly xattrs?: { readonly [name: string]: string };
}

function collectExtension(flag: string, size: number, done: (found: Extension) => void): TarSink {
  if (size > MAX_EXTENSION) throw new BrokenTar(`it holds an extended header of ${size} bytes`);
  return collectBytes(size, (bytes) => {
    if (flag === 'L') done({ path: cString(bytes, 0, size) });
    else if (flag === 'K') done({ link: cString(bytes, 0, size) });
    else if (flag === 'x') done(parsePax(bytes));
  });
}

/** Records are `LENGTH KEY=VALUE\n`, the length counting the whole record. */
function parsePax(bytes: Buffer): Extension {
  const found: { path?: string; link?: string; size?: number; uid?: number; gid?: number; mtime?: number } = {};
  const xattrs = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, space));
    if (space < 0 || !Number.isInteger(length) || length <= space - at || at + length > bytes.length) throw new BrokenTar('it holds a broken pax header');
    const record = bytes.subarray(space + 1, at + length - 1);
    const equals = record.indexOf('=');
    const value = record.toString('utf8', equals + 1);
    const key = record.toString('utf8', 0, equals);
    if (key.startsWith('GNU.sparse.')) throw new BrokenTar('it holds a sparse file');
    if (key === 'path') found.path = value;
    else if (key === 'linkpath') found.link = value;
    else if (key.startsWith(XATTR)) xattrs.set(key.slice(XATTR.length), record.toString('base64', equals + 1));
    else if (key === 'mtime' || key === 'size' || key === 'uid' || key === 'gid') found[key] = Number(value);
    at += length;
  }
  return xattrs.size === 0 ? found : { ...found, xattrs: Object.fromEntries(xattrs) };
}

function toEntry(block: Buffer, flag: string, extension: Extension): Omit<LayerEntry, 'size'> {
  const posixFormat = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = posixFormat ? cString(block, 345, 155) : '';
  const short = cString(block, 0, 100);
  const name = extension.path ?? (prefix === '' ? short : `${prefix}/${short}`);
  const listed = TYPES[flag] ?? 'other';
  const type = listed === 'file' && name.endsWith('/') ? 'directory' : listed;
  const link = type === 'symlink' || type === 'hardlink' ? (extension.link ?? cString(block, 157, 100)) : undefined;
  return {
    path: absolutePath(name),
    type,
    mode: readNumber(block, 100, 8) & 0o7777,
    uid: extension.uid ?? readNumber(block, 108, 8),
    gid: extension.gid ?? readNumber(block, 116, 8),
    mtime: extension.mtime ?? readNumber(block, 136, 12),
    ...(link === undefined ? {} : { link }),
    ...(type === 'directory' && extension.xattrs !== undefined ? { xattrs: extension.xattrs } : {}),
  };
}

function absolutePath(name: string): string {
  const path = posix.normalize(`/${name}`);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function cString(bytes: Buffer, start: number, length: number): string {
  const nul = bytes.indexOf(0, start);
  return bytes.toString('utf8', start, nul < 0 || nul > start + length ? start + length : nul);
}

/** Octal text, or GNU's base-256 when the first bit is set. */
function readNumber(block: Buffer, start: number, length: number): number {
  const first = block[start] ?? 0;
  if ((first & 0x80) === 0) {
    const text = block
      .toString('latin1', start, start + length)
      .replaceAll('\0', ' ')
      .trim();
    if (text !== '' && !/^[0-7]+$/.test(text)) throw new BrokenTar('a header holds something that is not a number');
    return text === '' ? 0 : Number.parseInt(text, 8);
  }
  let value = first === 0xff ? -1 : first & 0x7f;
  for (let at = start + 1; at < start + length; at += 1) value = value * 256 + (block[at] ?? 0);
  return value;
}

function checkSum(block: Buffer): void {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  if (sum !== readNumber(block, 148, 8)) throw new BrokenTar('a header does not match its checksum');
}

function isZero(block: Buffer): boolean {
  return block[0] === 0 && block.every((byte) => byte === 0);
}

/** What is wrong with the archive; the parser says which archive. */
class BrokenTar extends Error {}
