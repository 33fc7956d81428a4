import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { buildAgentLayer } from './agent-layer.ts';

const jar = { path: 'agent/javaagent.jar', bytes: Buffer.from('PK') };
const script = { path: 'files/start.sh', bytes: Buffer.from('#!/bin/sh\nexec "$@"\n') };
const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

describe('buildAgentLayer', () => {
  it('puts every file and its folders below the home, readable for everybody', () => {
    const layer = buildAgentLayer([script, jar], '/changeover');

    const listed = execFileSync('tar', ['-tvzf', '-', '--utc', '--full-time', '--numeric-owner'], { input: layer.bytes, encoding: 'utf8' });

    expect(listed.split('\n').map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      'drwxr-xr-x 0/0 0 1980-01-01 00:00:00 changeover/',
      'drwxr-xr-x 0/0 0 1980-01-01 00:00:00 changeover/agent/',
      '-rw-r--r-- 0/0 2 1980-01-01 00:00:00 changeover/agent/javaagent.jar',
      'drwxr-xr-x 0/0 0 1980-01-01 00:00:00 changeover/files/',
      '-rwxr-xr-x 0/0 20 1980-01-01 00:00:00 changeover/files/start.sh',
      '',
    ]);
  });

  it('has the digests of its bytes and of its tar, whatever the order of the files', () => {
    const layer = buildAgentLayer([jar, script], '/changeover');

    expect(layer.digest).toBe(sha256(layer.bytes));
    expect(layer.diffId).toBe(sha256(gunzipSync(layer.bytes)));
    expect(layer.size).toBe(layer.bytes.length);
    expect(buildAgentLayer([script, jar], '/changeover/').digest).toBe(layer.digest);
  });

  it('never changes its bytes: every registry holds this blob', () => {
    expect(buildAgentLayer([jar, script], '/changeover').digest).toMatchInlineSnapshot(
      `"sha256:81d798876be25f8793d2a79e12b547ad0367fae7315e05f962204acd6b296d3e"`,
    );
  });

  it.each(['/', '', 'changeover', '/opt/changeover', '/..', '/.wh.x'])('refuses the home %j', (home) => {
    expect(() => buildAgentLayer([jar], home)).toThrow(expect.objectContaining({ code: 'invalid-file', target: 'spec.to.home' }));
  });

  it.each(['/etc/passwd', '../x', 'a//b', 'a/', 'a/.wh.b', './a', ''])('refuses a file at %j', (path) => {
    expect(() => buildAgentLayer([{ path, bytes: jar.bytes }], '/changeover')).toThrow(expect.objectContaining({ code: 'invalid-file', target: path }));
  });

  it.each([
    ['a', 'a'],
    ['a', 'a/b'],
  ])('refuses files at %j and %j together', (first, second) => {
    const files = [first, second].map((path) => ({ path, bytes: jar.bytes }));

    expect(() => buildAgentLayer(files, '/changeover')).toThrow(expect.objectContaining({ code: 'invalid-file', target: '/changeover/a' }));
  });
});
