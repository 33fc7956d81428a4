import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFileCache } from './file-cache.ts';

describe('openFileCache', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'changeover-cache-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('gives back what was put, also to another process', async () => {
    await openFileCache(folder).put('layer-index-v1/sha256:ab', Buffer.from('index'));

    expect(Buffer.from((await openFileCache(folder).get('layer-index-v1/sha256:ab')) ?? [])).toEqual(Buffer.from('index'));
    expect(await openFileCache(folder).get('layer-index-v1/sha256:cd')).toBeUndefined();
    expect(readdirSync(folder)).toEqual(['layer-index-v1']);
  });

  it('keeps the last of two values', async () => {
    const cache = openFileCache(folder);

    await cache.put('key', Buffer.from('one'));
    await cache.put('key', Buffer.from('two'));

    expect(Buffer.from((await cache.get('key')) ?? []).toString()).toBe('two');
  });

  it.each([
    ['cut', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['emptied', () => Buffer.alloc(0)],
    ['changed', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.from('X')])],
  ])('forgets an entry that was %s', async (_, damage) => {
    const cache = openFileCache(folder);
    await cache.put('key', Buffer.from('value'));
    const file = onlyFile(folder);

    writeFileSync(file, damage(readFileSync(file)));

    expect(await cache.get('key')).toBeUndefined();
  });

  it('leaves no half-written file, and no name outside its folder', async () => {
    await openFileCache(folder).put('../../outside', Buffer.from('value'));

    expect(onlyFile(folder)).toMatch(/[0-9a-f]{64}$/);
  });

  it('forgets when it cannot write', async () => {
    const blocked = join(folder, 'a-file');
    writeFileSync(blocked, '');

    await openFileCache(blocked).put('key', Buffer.from('value'));

    expect(await openFileCache(blocked).get('key')).toBeUndefined();
  });
});

function onlyFile(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files).toHaveLength(1);
  return join(files[0]?.parentPath ?? '', files[0]?.name ?? '');
}
