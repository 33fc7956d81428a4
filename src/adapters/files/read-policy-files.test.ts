import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPolicyFiles } from './read-policy-files.ts';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'policy-files-'));
});

afterEach(() => rm(directory, { recursive: true }));

describe('files of a policy', () => {
  it('are read from beside it, by their names in the image', async () => {
    await writeFile(join(directory, 'start.sh'), '#!/bin/sh\n');

    const files = await readPolicyFiles({ 'bin/run.sh': './start.sh' }, directory);

    expect(Object.keys(files)).toEqual(['bin/run.sh']);
    expect(new TextDecoder().decode(files['bin/run.sh'])).toBe('#!/bin/sh\n');
  });

  it('that are not there are named with their field', async () => {
    await expect(readPolicyFiles({ 'run.sh': 'missing.sh' }, directory)).rejects.toMatchObject({
      code: 'invalid-file',
      message: `spec.image.files: "run.sh" cannot be read from ${join(directory, 'missing.sh')}`,
    });
  });

  it('that are too large together are refused', async () => {
    await writeFile(join(directory, 'half'), new Uint8Array(9 * 1024 * 1024));

    await expect(readPolicyFiles({ a: 'half', b: 'half' }, directory)).rejects.toMatchObject({ code: 'too-large' });
  });
});
