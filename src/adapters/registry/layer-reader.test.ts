import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sha256Digest } from '../../core/image/digest.ts';
import type { LayerIndex } from '../../core/image/image-facts.ts';
import { writeTar, type TarEntry } from '../../core/image/tar-writer.ts';
import type { Cache } from '../../ports/cache.ts';
import { writeZip } from '../files/write-zip.ts';
import { openSimulatedRegistry } from '../simulated/simulated-registry.ts';
import { openLayerReader } from './layer-reader.ts';

const repository = { registry: 'registry.example.com', path: 'team/app' };
const owner = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
const contextManager = 'org/apache/skywalking/apm/agent/core/context/ContextManager';
/** What a class file that calls the agent's core holds in its constant pool. */
const caller = `\xca\xfe\xba\xbe\0\0\x01\0\x3b${contextManager}\x01\0\x3cL${contextManager};`;

describe('openLayerReader', () => {
  it('lists every entry, with absolute paths', async () => {
    const { index } = await read([
      { kind: 'directory', path: 'opt', ...owner, mode: 0o755 },
      file('opt/.wh.old', ''),
      { kind: 'symlink', path: 'app', ...owner, target: 'opt' },
    ]);

    expect(index.entries.map(({ path, type, link }) => [path, type, link])).toEqual([
      ['/opt', 'directory', undefined],
      ['/opt/.wh.old', 'file', undefined],
      ['/app', 'symlink', 'opt'],
    ]);
  });

  it('keeps the texts that configure or start a JVM, and no others', async () => {
    const { index } = await read([
      file('skywalking/agent/config/agent.config', 'agent.service_name=shop'),
      file('docker-entrypoint', '#!/bin/sh\nexec java'),
      file('app/start.sh', 'java -jar app.jar'),
      file('app/jvm.options', '-Xmx1g'),
      file('usr/lib/jvm/java-17/release', 'JAVA_VERSION="17.0.9"'),
      file('etc/os/release', 'NAME="Linux"'),
      file('app/application.yml', 'a: b'),
      file('var/lib/dpkg/info/libc6.postinst', '#!/bin/sh'),
      file('app/binary.sh', 'a\0b'),
      file('app/latin1.sh', Buffer.from([0x23, 0x21, 0xe9])),
      file('app/huge.sh', '#'.repeat(256 * 1024 + 1)),
      file('app/empty.sh', ''),
      file('app/bang', '#'),
    ]);

    expect(index.texts).toEqual({
      '/skywalking/agent/config/agent.config': 'agent.service_name=shop',
      '/docker-entrypoint': '#!/bin/sh\nexec java',
      '/app/start.sh': 'java -jar app.jar',
      '/app/jvm.options': '-Xmx1g',
      '/usr/lib/jvm/java-17/release': 'JAVA_VERSION="17.0.9"',
      '/app/empty.sh': '',
    });
  });

  it('names agent internals that classes and jars use, also jars inside jars', async () => {
    const library = writeZip({ 'com/shop/Tracing.class': caller });
    const { index } = await read([
      file('app/WEB-INF/classes/com/shop/Filter.class', Buffer.from(caller, 'latin1')),
      file('app/app.jar', writeZip({ 'BOOT-INF/lib/tracing.jar': library, 'BOOT-INF/classes/A.class': 'nothing' }, ['BOOT-INF/lib/tracing.jar'])),
      file('app/app.war', writeZip({ 'WEB-INF/lib/tracing.jar': library })),
      file('app/plain.jar', writeZip({ 'com/shop/A.class': 'org/apache/skywalking/apm/toolkit/trace/TraceContext', 'notes.txt': caller })),
      file('app/broken.jar', caller),
    ]);

    expect(index.references).toEqual({
      '/app/WEB-INF/classes/com/shop/Filter.class': [contextManager],
      '/app/app.jar': [contextManager],
      '/app/app.war': [contextManager],
    });
  });

  it('does not count the agent itself: its folder, its plugins, other agents', async () => {
    const library = writeZip({ 'A.class': caller });
    const { index } = await read([
      file('opt/sw/plugins/apm-a.jar', library),
      file('opt/sw/skywalking-agent.jar', library),
      file('other/skywalking-agent/core.jar', library),
      file('third/config/agent.config', ''),
      file('third/optional-plugins/commons.jar', library),
      file('drop-in/my-plugin.jar', writeZip({ 'skywalking-plugin.def': 'a=b', 'A.class': caller })),
      file('drop-in/agent.jar', writeZip({ 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\r\nPremain-Class: a.B\r\n', 'A.class': caller })),
    ]);

    expect(index.references).toEqual({});
  });

  it('keeps which jars are agents, and what the application has of an agent: its own folder does not count', async () => {
    const agent = writeZip({ 'META-INF/MANIFEST.MF': 'Premain-Class: a.B\n' });
    const { index } = await read([
      file('opt/sw/skywalking-agent.jar', agent),
      file('opt/sw/activations/apm-toolkit-trace-9.4.0.jar', ''),
      file('app/renamed.jar', agent),
      file('app/libs/apm-toolkit-trace-9.4.0.jar', ''),
      file('app/conf/logback-spring.xml', '<layout class="TraceIdPatternLogbackLayout"/>'),
      file('app/conf/log4j.properties', 'a=TraceIdPatternLayout'),
    ]);

    expect(index.premainClasses).toEqual({ '/opt/sw/skywalking-agent.jar': 'a.B', '/app/renamed.jar': 'a.B' });
    expect(index.couplings).toEqual({
      '/app/libs/apm-toolkit-trace-9.4.0.jar': [{ kind: 'toolkit', what: 'apm-toolkit-trace-9.4.0' }],
      '/app/conf/logback-spring.xml': [{ kind: 'log-pattern', what: 'TraceIdPatternLogbackLayout' }],
      '/app/conf/log4j.properties': [{ kind: 'log-pattern', what: 'TraceIdPatternLayout' }],
    });
    expect(Object.keys(index.texts)).toEqual(['/app/conf/logback-spring.xml']);
  });

  it('counts a service that lies beside the agent', async () => {
    const { index } = await read([file('app/skywalking-agent.jar', ''), file('app/plugins/a.jar', ''), file('app/shop.jar', writeZip({ 'A.class': caller }))]);

    expect(Object.keys(index.references)).toEqual(['/app/shop.jar']);
  });

  it('takes the last of two entries of one path', async () => {
    const { index } = await read([file('run.sh', 'one'), file('A.class', caller), { kind: 'directory', path: 'run.sh', ...owner }, file('A.class', 'nothing')]);

    expect(index.texts).toEqual({});
    expect(index.references).toEqual({});
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
    ['no compression', (bytes: Uint8Array) => Buffer.from(bytes)],
  ])('reads %s', async (_, pack) => {
    const { index } = await read([file('run.sh', 'exec java')], pack);

    expect(index.texts).toEqual({ '/run.sh': 'exec java' });
  });

  it('downloads a layer once: from then on the cache has it', async () => {
    const { registry, layer, cache, index } = await read([file('run.sh', 'exec java')]);
    const before = registry.traffic().layerBytesDown;

    const again = await openLayerReader(registry, cache).read({ ...repository, path: 'other/app' }, layer);

    expect(again).toEqual(index);
    expect(registry.traffic().layerBytesDown).toBe(before);
    expect([...cache.entries.keys()]).toEqual([`layer-index-v3/${layer.digest}`]);
  });

  it('downloads a layer once when many ask at the same time', async () => {
    const { registry, layer } = await push(gzipSync(writeTar([file('run.sh', 'x'.repeat(1000))])));
    const reader = openLayerReader(registry, memoryCache());

    await Promise.all([1, 2, 3].map(() => reader.read(repository, layer)));

    expect(registry.traffic().layerBytesDown).toBe(layer.size);
  });

  it('keeps nothing of a layer it could not read', async () => {
    const { registry, layer } = await push(Buffer.from('no tar at all'.repeat(100)));
    const cache = memoryCache();

    const reading = openLayerReader(registry, cache).read(repository, layer);

    await expect(reading).rejects.toMatchObject({ code: 'unsupported', target: `registry.example.com/team/app@${layer.digest}` });
    expect(cache.entries.size).toBe(0);
  });

  it('says of an encrypted layer that it cannot be read', async () => {
    const { registry, layer } = await push(Buffer.from('secret'));
    const encrypted = { ...layer, mediaType: `${layer.mediaType}+encrypted` };

    await expect(openLayerReader(registry, memoryCache()).read(repository, encrypted)).rejects.toThrow(/encrypted/);
  });
});

function file(path: string, content: string | Buffer): TarEntry {
  return { kind: 'file', path, ...owner, bytes: Buffer.from(content) };
}

async function push(bytes: Buffer) {
  const registry = openSimulatedRegistry();
  const layer = { digest: sha256Digest(bytes), size: bytes.length, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' };
  await registry.putBlob(repository, { digest: layer.digest, bytes });
  return { registry, layer };
}

async function read(entries: readonly TarEntry[], pack: (bytes: Uint8Array) => Buffer = gzipSync) {
  const { registry, layer } = await push(pack(writeTar(entries)));
  const cache = memoryCache();
  const index: LayerIndex = await openLayerReader(registry, cache).read(repository, layer);
  return { registry, layer, cache, index };
}

function memoryCache(): Cache & { readonly entries: Map<string, Uint8Array> } {
  const entries = new Map<string, Uint8Array>();
  return {
    entries,
    get: async (key) => entries.get(key),
    put: async (key, bytes) => {
      entries.set(key, bytes);
    },
  };
}
