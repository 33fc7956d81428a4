import { execFileSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ImageFiles, LayerEntry } from './image-facts.ts';
import { mergeLayers } from './image-files.ts';
import { buildPathLayer } from './path-layer.ts';
import type { LayerChange } from './path-layer.ts';

const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 1_700_000_000, size: 0 };
const entries: readonly LayerEntry[] = [
  { ...attributes, path: '/home', type: 'directory', mode: 0o711 },
  { ...attributes, path: '/home/admin', type: 'directory', mode: 0o2750, uid: 1000, gid: 1000 },
  { ...attributes, path: '/home/admin/sw', type: 'directory', mode: 0o755, mtime: 5 },
  { ...attributes, path: '/home/admin/sw/skywalking-agent.jar', type: 'file' },
  { ...attributes, path: '/home/admin/sw/plugins', type: 'directory' },
  { ...attributes, path: '/home/admin/sw/-z', type: 'file' },
  { ...attributes, path: '/home/admin/start.sh', type: 'file', mode: 0o750, uid: 1000, gid: 1000 },
  { ...attributes, path: '/app', type: 'symlink', link: 'home/admin' },
  { ...attributes, path: '/agent', type: 'symlink', link: '/home/admin/sw' },
  { ...attributes, path: '/top', type: 'file' },
];
const files = mergeLayers([{ digest: 'sha256:0', entries, texts: {}, references: {} }]);
const jar = '/changeover/agent/javaagent.jar';

/** What GNU tar says is in the layer, or the finding where the change was refused. */
function build(...changes: readonly LayerChange[]): readonly string[] {
  return listLayer(files, ...changes);
}

function listLayer(lower: ImageFiles, ...changes: readonly LayerChange[]): readonly string[] {
  const result = buildPathLayer(lower, changes);
  if (result.kind === 'refused') return [JSON.stringify(result.finding)];
  const listed = execFileSync('tar', ['-tvzf', '-', '--utc', '--numeric-owner'], { input: result.layer.bytes, encoding: 'utf8' });
  return listed
    .trim()
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' '));
}

describe('buildPathLayer', () => {
  it('puts a link at the place of a jar and repeats every folder above exactly', () => {
    expect(build({ kind: 'symlink', path: '/home/admin/sw/skywalking-agent.jar', target: jar })).toEqual([
      'drwx--x--x 0/0 0 2023-11-14 22:13 home/',
      'drwxr-s--- 1000/1000 0 2023-11-14 22:13 home/admin/',
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 home/admin/sw/',
      `lrwxrwxrwx 0/0 0 1980-01-01 00:00 home/admin/sw/skywalking-agent.jar -> ${jar}`,
    ]);
  });

  it('goes to the real place of a path that leads through links, and puts whiteouts before their siblings', () => {
    const names = build(
      { kind: 'symlink', path: '/app/sw/skywalking-agent.jar', target: jar },
      { kind: 'whiteout', path: '/agent/plugins' },
      { kind: 'whiteout', path: '/app/sw/-z' },
    ).map((line) => line.split(' ')[5]);

    expect(names).toEqual([
      'home/',
      'home/admin/',
      'home/admin/sw/',
      'home/admin/sw/.wh.-z',
      'home/admin/sw/.wh.plugins',
      'home/admin/sw/skywalking-agent.jar',
    ]);
  });

  it('empties a folder by an opaque marker and puts something new into it', () => {
    const names = build({ kind: 'opaque', path: '/app/sw' }, { kind: 'symlink', path: '/agent/skywalking-agent.jar', target: jar }).map(
      (line) => line.split(' ')[5],
    );

    expect(names).toEqual(['home/', 'home/admin/', 'home/admin/sw/', 'home/admin/sw/.wh..wh..opq', 'home/admin/sw/skywalking-agent.jar']);
  });

  it('leaves out a folder that runtimes give different attributes, so that each keeps its own', () => {
    const above: readonly LayerEntry[] = [
      { ...attributes, path: '/home', type: 'directory' },
      { ...attributes, path: '/home/admin/x', type: 'file' },
    ];
    const merged = mergeLayers([
      { digest: 'sha256:0', entries, texts: {}, references: {} },
      { digest: 'sha256:1', entries: above, texts: {}, references: {} },
    ]);

    const names = listLayer(merged, { kind: 'whiteout', path: '/home/admin/sw' }).map((line) => line.split(' ')[5]);

    expect(names).toEqual(['home/', 'home/admin/.wh.sw']);
  });

  it.each<[name: string, upper: readonly string[], path: string]>([
    ['through a link of a layer below', ['/app/new'], '/app/new'],
    ['below a folder that one layer deletes and makes', ['/home/admin/.wh.sw', '/home/admin/sw/new'], '/home/admin/sw/new'],
  ])('refuses what lies %s', (_name, upper, path) => {
    const added = upper.map((each): LayerEntry => ({ ...attributes, path: each, type: 'file' }));
    const merged = mergeLayers([
      { digest: 'sha256:0', entries, texts: {}, references: {} },
      { digest: 'sha256:1', entries: added, texts: {}, references: {} },
    ]);

    expect(listLayer(merged, { kind: 'whiteout', path })).toEqual([expect.stringContaining('unpack it differently')]);
  });

  it('repeats the extended attributes of folders, but not the marks of the overlay', () => {
    const xattrs = { 'user.tag': Buffer.from('a\nb\0').toString('base64'), 'trusted.overlay.opaque': 'eQ==' };
    const folder: LayerEntry = { ...attributes, path: '/d', type: 'directory', xattrs };
    const merged = mergeLayers([{ digest: 'sha256:0', entries: [folder, { ...attributes, path: '/d/x', type: 'file' }], texts: {}, references: {} }]);

    const result = buildPathLayer(merged, [{ kind: 'whiteout', path: '/d/x' }]);

    const tar = result.kind === 'built' ? gunzipSync(result.layer.bytes).toString('latin1') : '';
    expect(tar).toContain('SCHILY.xattr.user.tag=a\nb\0\n');
    expect(tar).not.toContain('overlay');
  });

  it('replaces a file with its owner and mode kept', () => {
    const lines = build({ kind: 'file', path: '/app/start.sh', bytes: Buffer.from('new'), mode: 0o750, uid: 1000, gid: 1000 });

    expect(lines.at(-1)).toBe('-rwxr-x--- 1000/1000 3 1980-01-01 00:00 home/admin/start.sh');
  });

  it('takes a link at the path itself for what it is', () => {
    expect(build({ kind: 'whiteout', path: '/agent' })).toEqual(['-rw-r--r-- 0/0 0 1980-01-01 00:00 .wh.agent']);
    expect(build({ kind: 'symlink', path: '/agent', target: '/x' })).toEqual(['lrwxrwxrwx 0/0 0 1980-01-01 00:00 agent -> /x']);
  });

  it('is the same for the same changes in another order', () => {
    const changes: readonly LayerChange[] = [
      { kind: 'whiteout', path: '/agent/plugins' },
      { kind: 'symlink', path: '/app/sw/skywalking-agent.jar', target: jar },
    ];

    expect(buildPathLayer(files, changes.toReversed())).toEqual(buildPathLayer(files, changes));
  });

  it.each<[reason: string, path: string, changes: readonly LayerChange[]]>([
    ['a folder above it is missing', '/nope/x', [{ kind: 'whiteout', path: '/nope/x' }]],
    ['a folder above it is missing', '/top/x', [{ kind: 'symlink', path: '/top/x', target: jar }]],
    ['it is not in the image', '/home/ghost', [{ kind: 'whiteout', path: '/home/ghost' }]],
    ['it is not in the image', '/home/ghost', [{ kind: 'opaque', path: '/home/ghost' }]],
    ['it is not a folder but a symlink', '/agent', [{ kind: 'opaque', path: '/agent' }]],
    ['it is a folder', '/home/admin/sw', [{ kind: 'symlink', path: '/home/admin/sw', target: jar }]],
    ['it is a folder', '/app/sw', [{ kind: 'file', path: '/app/sw', bytes: new Uint8Array(), mode: 0o644, uid: 0, gid: 0 }]],
    ['setuid', '/top', [{ kind: 'file', path: '/top', bytes: new Uint8Array(), mode: 0o4755, uid: 0, gid: 0 }]],
    ['it is the root', '/', [{ kind: 'opaque', path: '/' }]],
    ['deletion marker', '/home/.wh.x', [{ kind: 'symlink', path: '/home/.wh.x', target: jar }]],
    [
      'it is changed twice',
      '/app/sw/-z',
      [
        { kind: 'whiteout', path: '/app/sw/-z' },
        { kind: 'symlink', path: '/agent/-z', target: jar },
      ],
    ],
    [
      'above it is changed as well',
      '/agent/-z',
      [
        { kind: 'whiteout', path: '/home/admin/sw' },
        { kind: 'whiteout', path: '/agent/-z' },
      ],
    ],
    [
      'above it is changed as well',
      '/agent/-z',
      [
        { kind: 'opaque', path: '/home/admin/sw' },
        { kind: 'whiteout', path: '/agent/-z' },
      ],
    ],
    [
      'above it is changed as well',
      '/agent/plugins',
      [
        { kind: 'opaque', path: '/home/admin/sw' },
        { kind: 'opaque', path: '/agent/plugins' },
      ],
    ],
  ])('refuses, because %s: %s', (reason, path, changes) => {
    const [line] = build(...changes);

    expect(line).toContain(`{"id":"path-not-proven","severity":"block","params":{"path":"${path}","because":"`);
    expect(line).toContain(reason);
  });
});
