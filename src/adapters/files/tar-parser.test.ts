import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerEntry } from '../../core/image/image-facts.ts';
import { writeTar, type TarEntry } from '../../core/image/tar-writer.ts';
import { createTarParser } from './tar-parser.ts';

const owner = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };

describe('createTarParser', () => {
  it('reads types, owners, times and links', () => {
    const tar = writeTar([
      { kind: 'directory', path: 'opt/app', mode: 0o1750, uid: 1000, gid: 2000, mtime: 1_700_000_000 },
      { kind: 'file', path: 'opt/app/run.sh', ...owner, mode: 0o755, bytes: Buffer.from('#!/bin/sh') },
      { kind: 'symlink', path: 'opt/current', ...owner, target: 'app' },
    ]);

    const { entries, contents } = parse(tar);

    expect(entries).toEqual([
      { path: '/opt/app', type: 'directory', mode: 0o1750, uid: 1000, gid: 2000, mtime: 1_700_000_000, size: 0 },
      { path: '/opt/app/run.sh', type: 'file', mode: 0o755, uid: 0, gid: 0, mtime: 0, size: 9 },
      { path: '/opt/current', type: 'symlink', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0, link: 'app' },
    ]);
    expect(contents.get('/opt/app/run.sh')).toBe('#!/bin/sh');
  });

  it('reads extended attributes of folders, whatever bytes they are', () => {
    const xattrs = { 'user.a': 'AAo9/w==', 'system.posix_acl_default': '' };

    const { entries } = parse(
      writeTar([
        { kind: 'directory', path: 'd', ...owner, xattrs },
        { kind: 'directory', path: 'e', ...owner },
      ]),
    );

    expect(entries.map((entry) => entry.xattrs)).toEqual([xattrs, undefined]);
  });

  it('gives back what the writer wrote, however the bytes are cut', () => {
    const name = fc
      .string({ minLength: 1, maxLength: 130, unit: 'grapheme' })
      .filter((text) => !/[/\0\uFFFD]/.test(text) && text !== '.' && text !== '..' && text.isWellFormed());
    const file = fc.record({ path: name, bytes: fc.uint8Array({ maxLength: 1500 }), uid: fc.nat(), mtime: fc.integer({ min: 0, max: 2 ** 40 }) });

    fc.assert(
      fc.property(fc.uniqueArray(file, { maxLength: 6, selector: ({ path }) => path }), fc.integer({ min: 1, max: 2000 }), (files, step) => {
        const { entries, contents } = parse(writeTar(files.map((each): TarEntry => ({ kind: 'file', ...owner, ...each }))), step);

        expect(entries.map(({ path, uid, mtime, size }) => ({ path, uid, mtime, size }))).toEqual(
          files.map(({ path, uid, mtime, bytes }) => ({ path: `/${path}`, uid, mtime, size: bytes.length })),
        );
        expect(files.map(({ path }) => contents.get(`/${path}`))).toEqual(files.map(({ bytes }) => Buffer.from(bytes).toString('latin1')));
      }),
    );
  });

  it('reads long names and links of GNU tar', () => {
    const long = `deep/${'x'.repeat(200)}`;
    const tar = Buffer.concat([
      header({ name: '././@LongLink', flag: 'K', size: 300 }),
      body('y'.repeat(299)),
      header({ name: '././@LongLink', flag: 'L', size: long.length + 1 }),
      body(long),
      header({ name: long.slice(0, 100), flag: '2', link: 'y'.repeat(100) }),
      header({ name: 'after', flag: '0' }),
    ]);

    const { entries } = parse(tar);

    expect(entries.map(({ path, link }) => ({ path, link }))).toEqual([
      { path: `/${long}`, link: 'y'.repeat(299) },
      { path: '/after', link: undefined },
    ]);
  });

  it('reads big numbers, hard links, devices and the ./ prefix', () => {
    const big = Buffer.from([0x80, 0, 0, 0, 0, 0x20, 0, 0]);
    const tar = Buffer.concat([
      header({ name: './', flag: '5' }),
      header({ name: './opt/file', flag: '0', uid: big }),
      header({ name: './opt/hard', flag: '1', link: 'opt/file' }),
      header({ name: 'dev/null', flag: '3' }),
      header({ name: 'old/folder/', flag: '\0' }),
    ]);

    const { entries } = parse(tar);

    expect(entries.map(({ path, type, uid, link }) => [path, type, uid, link])).toEqual([
      ['/', 'directory', 0, undefined],
      ['/opt/file', 'file', 2 ** 21, undefined],
      ['/opt/hard', 'hardlink', 0, 'opt/file'],
      ['/dev/null', 'other', 0, undefined],
      ['/old/folder', 'directory', 0, undefined],
    ]);
  });

  it('never leaves the root', () => {
    const { entries } = parse(header({ name: '../../etc/passwd', flag: '0' }));

    expect(entries[0]?.path).toBe('/etc/passwd');
  });

  it.each([
    ['what is no tar', Buffer.alloc(512, 'x'), /checksum|not a number/],
    ['a sparse file', header({ name: 'holes', flag: 'S' }), /sparse/],
    ['a broken pax header', Buffer.concat([header({ name: 'p', flag: 'x', size: 9 }), body('99 path=x')]), /pax/],
    ['a file that ends too early', header({ name: 'cut', flag: '0', size: 100 }), /in the middle/],
    ['a huge extended header', header({ name: 'p', flag: 'x', size: 2 ** 30 }), /extended header/],
  ])('refuses %s', (_, tar, words) => {
    expect(() => parse(tar)).toThrow(words);
  });

  it('ignores what follows the end mark', () => {
    const tar = Buffer.concat([writeTar([{ kind: 'directory', path: 'opt', ...owner }]), Buffer.alloc(700, 'x')]);

    expect(parse(tar).entries).toHaveLength(1);
  });
});

function parse(tar: Uint8Array, step = tar.length) {
  const entries: LayerEntry[] = [];
  const contents = new Map<string, string>();
  const parser = createTarParser('test', (entry) => {
    entries.push(entry);
    const parts: Buffer[] = [];
    return { write: (part) => parts.push(Buffer.from(part)), end: () => contents.set(entry.path, Buffer.concat(parts).toString('latin1')) };
  });
  for (let at = 0; at < tar.length; at += step) parser.write(tar.subarray(at, at + step));
  parser.end();
  return { entries, contents };
}

interface HeaderFields {
  readonly name: string;
  readonly flag: string;
  readonly size?: number;
  readonly link?: string;
  readonly uid?: Buffer;
}

/** A header as GNU tar writes it. */
function header({ name, flag, size = 0, link = '', uid }: HeaderFields): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  uid?.copy(block, 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write(flag, 156);
  block.write(link, 157, 100);
  block.write('ustar  \0', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function body(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}
