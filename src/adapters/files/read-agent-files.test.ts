import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../../core/image/digest.ts';
import { mediaTypes } from '../../core/image/media-types.ts';
import { writeTar, type TarEntry } from '../../core/image/tar-writer.ts';
import type { Registry } from '../../ports/registry.ts';
import { openSimulatedRegistry } from '../simulated/simulated-registry.ts';
import { openFileCache } from './file-cache.ts';
import { readAgentFiles } from './read-agent-files.ts';
import { writeZip } from './write-zip.ts';

const jar = agentJar('Premain-Class: io.opentelemetry.javaagent.OpenTelemetryAgent\r\nImplementation-Version: 2.33\r\n .1\r\n');
const bridgeJar = writeZip({ 'META-INF/services/io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider': 'dev.changeover.Bridge\n' });
const owner = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
const repository = { registry: 'registry.example.com', path: 'agents/otel-java' };
const image = 'registry.example.com/agents/otel-java:2.33.1';

describe('readAgentFiles', () => {
  let directory: string;
  let registry: Registry;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'changeover-agent-'));
    registry = openSimulatedRegistry();
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const readPath = (path: string) => readAgentFiles({ kind: 'path', path }, { directory, registry });
  const readImage = () => readAgentFiles({ kind: 'image', image }, { directory, registry });

  it('takes a jar of any name, with its version', async () => {
    writeFileSync(join(directory, 'opentelemetry-javaagent.jar'), jar);

    expect(await readPath('./opentelemetry-javaagent.jar')).toEqual({ version: '2.33.1', files: [{ path: 'agent/javaagent.jar', bytes: jar }] });
  });

  it('takes a folder with everything in it, sorted', async () => {
    mkdirSync(join(directory, 'agent', 'extensions'), { recursive: true });
    writeFileSync(join(directory, 'agent', 'javaagent.jar'), jar);
    writeFileSync(join(directory, 'agent', 'extensions', 'ours.jar'), 'extension');

    const { files } = await readPath('agent');

    expect(files.map(({ path }) => path)).toEqual(['agent/extensions/ours.jar', 'agent/javaagent.jar']);
  });

  it('takes a tar.gz', async () => {
    const archive = [file('./javaagent.jar', jar), file('./otel.properties', 'a=b')];
    writeFileSync(join(directory, 'agent.tar.gz'), gzipSync(writeTar(archive)));

    const { version, files } = await readPath('agent.tar.gz');

    expect(version).toBe('2.33.1');
    expect(files.map(({ path, bytes }) => [path, bytes.length])).toEqual([
      ['agent/javaagent.jar', jar.length],
      ['agent/otel.properties', 3],
    ]);
  });

  it.each([
    ['a file that is not there', 'absent.jar', undefined, /ENOENT/],
    ['something that is no jar', 'text.jar', 'text', /not a jar/],
    ['a jar that is no agent', 'library.jar', agentJar('Implementation-Version: 1\r\n'), /no Java agent/],
    [
      'another agent',
      'skywalking-agent.jar',
      agentJar('Premain-Class: org.apache.skywalking.apm.agent.SkyWalkingAgent\r\n'),
      /Premain-Class is org.apache.skywalking/,
    ],
    ['a jar without a version', 'agent.jar', agentJar('Premain-Class: io.opentelemetry.javaagent.OpenTelemetryAgent\r\n'), /Implementation-Version/],
    [
      'an attribute of another section',
      'agent.jar',
      agentJar('A: b\r\n\r\nName: x\r\nPremain-Class: io.opentelemetry.javaagent.OpenTelemetryAgent\r\n'),
      /no Java agent/,
    ],
    ['an archive with the jar elsewhere', 'agent.tgz', gzipSync(writeTar([file('otel/agent.jar', jar)])), /no javaagent.jar at its root, only otel\/agent.jar/],
  ])('refuses %s, naming it', async (_, name, content, words) => {
    if (content !== undefined) writeFileSync(join(directory, name), content);

    await expect(readPath(name)).rejects.toMatchObject({ code: 'invalid-file', target: join(directory, name), hint: expect.any(String) });
    await expect(readPath(name)).rejects.toThrow(words);
  });

  it('takes the jar out of an image, from the highest layer that has it', async () => {
    await pushImage(registry, [[file('javaagent.jar', 'old')], [file('javaagent.jar', jar)], [file('etc/other', 'x')]]);

    expect((await readImage()).files).toEqual([{ path: 'agent/javaagent.jar', bytes: jar }]);
  });

  it('reads no layer below the one that decides', async () => {
    await pushImage(registry, [[file('big', 'x'.repeat(10_000))], [file('javaagent.jar', jar)]]);

    await readImage();

    expect(registry.traffic().layerBytesDown).toBeLessThan(jar.length + 2000);
  });

  it('reads an image once, when there is a cache', async () => {
    await pushImage(registry, [[file('javaagent.jar', jar)]]);
    const options = { directory, registry, cache: openFileCache(join(directory, 'cache')) };
    await readAgentFiles({ kind: 'image', image }, options);
    const before = registry.traffic().layerBytesDown;

    const { files } = await readAgentFiles({ kind: 'image', image }, options);

    expect(files[0]?.bytes.length).toBe(jar.length);
    expect(registry.traffic().layerBytesDown).toBe(before);
  });

  it('follows a symlink in the image', async () => {
    await pushImage(registry, [[file('opt/otel/agent.jar', jar)], [{ kind: 'symlink', path: 'javaagent.jar', ...owner, target: 'opt/otel/agent.jar' }]]);

    expect((await readImage()).version).toBe('2.33.1');
  });

  it.each([
    ['deleted', [[file('javaagent.jar', jar)], [file('.wh.javaagent.jar', '')]]],
    ['hidden by an opaque folder', [[file('javaagent.jar', jar)], [file('.wh..wh..opq', '')]]],
    ['never there', [[file('opt/javaagent.jar', jar)]]],
    ['a folder', [[{ kind: 'directory', path: 'javaagent.jar', ...owner } satisfies TarEntry]]],
    ['a link to itself', [[{ kind: 'symlink', path: 'javaagent.jar', ...owner, target: 'javaagent.jar' } satisfies TarEntry]]],
  ])('says so when the jar of an image is %s', async (_, layers) => {
    await pushImage(registry, layers);

    await expect(readImage()).rejects.toMatchObject({ code: 'invalid-file', target: image });
  });

  it('takes the Linux image of an index', async () => {
    const linux = await pushImage(registry, [[file('javaagent.jar', jar)]]);
    const manifests = [
      { mediaType: mediaTypes.oci.manifest, ...linux, platform: { os: 'unknown', architecture: 'unknown' } },
      { mediaType: mediaTypes.oci.manifest, ...linux, platform: { os: 'linux', architecture: 'arm64' } },
    ];
    const index = { schemaVersion: 2, mediaType: mediaTypes.oci.index, manifests };
    await registry.putManifest(repository, '2.33.1', { mediaType: mediaTypes.oci.index, bytes: Buffer.from(JSON.stringify(index)) });

    expect((await readImage()).version).toBe('2.33.1');
  });

  it('says that an image is not there', async () => {
    await expect(readImage()).rejects.toMatchObject({ code: 'invalid-file', target: image });
  });

  it('takes the bridge along, and its digest is known', async () => {
    writeFileSync(join(directory, 'agent.jar'), jar);
    writeFileSync(join(directory, 'bridge.jar'), bridgeJar);

    const read = await readAgentFiles({ kind: 'path', path: 'agent.jar' }, { directory, registry, bridge: join(directory, 'bridge.jar') });

    expect(read.bridge).toBe(sha256Digest(bridgeJar));
    expect(read.files.map(({ path, bytes }) => [path, bytes.length])).toEqual([
      ['agent/javaagent.jar', jar.length],
      ['extensions/changeover-bridge.jar', bridgeJar.length],
    ]);
  });

  it.each([
    ['is not there', undefined, "the bridge's jar is not built"],
    ['was cut short', bridgeJar.subarray(0, -9), "this is not the bridge's jar, or not all of it"],
    ['is another jar', jar, "this is not the bridge's jar, or not all of it"],
  ])('says how to build the bridge where it %s', async (_, bytes, message) => {
    const bridge = join(directory, 'bridge.jar');
    writeFileSync(join(directory, 'agent.jar'), jar);
    if (bytes) writeFileSync(bridge, bytes);

    const reading = readAgentFiles({ kind: 'path', path: 'agent.jar' }, { directory, registry, bridge });

    await expect(reading).rejects.toMatchObject({ code: 'invalid-file', message, target: bridge, hint: expect.stringContaining('npm run build:bridge') });
  });

  it('asks for a policy where there is none', async () => {
    await expect(readAgentFiles({ kind: 'none' }, { directory, registry })).rejects.toMatchObject({ code: 'usage' });
  });
});

function agentJar(attributes: string): Buffer {
  return writeZip({ 'META-INF/MANIFEST.MF': `Manifest-Version: 1.0\r\n${attributes}` });
}

function file(path: string, content: string | Buffer): TarEntry {
  return { kind: 'file', path, ...owner, bytes: Buffer.from(content) };
}

async function pushImage(registry: Registry, layers: readonly (readonly TarEntry[])[]): Promise<{ readonly digest: string; readonly size: number }> {
  const blobs = layers.map((entries) => gzipSync(writeTar(entries))).map((bytes) => ({ digest: sha256Digest(bytes), bytes }));
  const config = { digest: sha256Digest('{}'), bytes: Buffer.from('{}') };
  for (const blob of [...blobs, config]) await registry.putBlob(repository, blob);
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.oci.manifest,
    config: { mediaType: mediaTypes.oci.config, digest: config.digest, size: 2 },
    layers: blobs.map(({ digest, bytes }) => ({ mediaType: mediaTypes.oci.layer, digest, size: bytes.length })),
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  await registry.putManifest(repository, '2.33.1', { mediaType: mediaTypes.oci.manifest, bytes });
  return { digest: sha256Digest(bytes), size: bytes.length };
}
