import { sha256Digest } from '../../core/image/digest.ts';
import { gzipStored } from '../../core/image/gzip-stored.ts';
import { mediaTypes } from '../../core/image/media-types.ts';
import { parseImageReference } from '../../core/image/reference.ts';
import { writeTar, type TarEntry } from '../../core/image/tar-writer.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Registry } from '../../ports/registry.ts';

/** How a sample image starts its JVM, and which agent it carries. */
export type SampleStack = 'tomcat-skywalking' | 'spring-skywalking' | 'tomcat-opentelemetry' | 'no-jvm';

/** Where SkyWalking and OpenTelemetry lie in the sample images. */
export const SAMPLE_JARS = { skywalking: '/skywalking/agent/skywalking-agent.jar', opentelemetry: '/opt/otel/opentelemetry-javaagent.jar' } as const;

/** Pushes a tiny image of a stack under a reference; images of one stack share their lower layers. */
export async function pushSampleImage(registry: Registry, reference: string, stack: SampleStack): Promise<void> {
  const { repository, tag } = parseImageReference(reference);
  const layers = [...lowerLayers[stack], [file('srv/service.txt', reference)]].map(packLayer);
  const config = encode({
    architecture: 'amd64',
    os: 'linux',
    config: runtimeConfig[stack],
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map(() => ({ created: '2025-06-01T08:00:00Z', created_by: 'sample' })),
  });
  const manifest = encode({
    schemaVersion: 2,
    mediaType: mediaTypes.oci.manifest,
    config: { mediaType: mediaTypes.oci.config, digest: sha256Digest(config), size: config.length },
    layers: layers.map(({ digest, bytes }) => ({ mediaType: mediaTypes.oci.layer, digest, size: bytes.length })),
  });
  for (const { digest, bytes } of [...layers, { digest: sha256Digest(config), bytes: config }]) await registry.putBlob(repository, { digest, bytes });
  await registry.putManifest(repository, tag ?? 'latest', { mediaType: mediaTypes.oci.manifest, bytes: manifest });
}

/** The new agent of the sample fleet: a jar of a few bytes. */
export function sampleAgentJar(): Uint8Array {
  return new TextEncoder().encode('PK simulated OpenTelemetry Java agent');
}

/** The new agent of the sample fleet with the bridge, as files below the new agent's home. */
export function sampleAgentFiles(): {
  readonly version: string;
  readonly bridge: string;
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
} {
  const bridge = new TextEncoder().encode('PK simulated bridge');
  const files = [
    { path: 'agent/javaagent.jar', bytes: sampleAgentJar() },
    { path: 'extensions/changeover-bridge.jar', bytes: bridge },
  ];
  return { version: '2.33.1', bridge: sha256Digest(bridge), files };
}

const jdk: readonly TarEntry[] = [
  ...folders('bin', 'opt', 'opt/java', 'opt/java/openjdk', 'opt/java/openjdk/bin'),
  file('bin/sh', 'simulated shell', 0o755),
  file('opt/java/openjdk/release', 'IMPLEMENTOR="Example"\nJAVA_VERSION="17.0.12"\nOS_ARCH="x86_64"\n'),
  file('opt/java/openjdk/bin/java', 'simulated JVM', 0o755),
];

const tomcat: readonly TarEntry[] = [
  ...folders('usr', 'usr/local', 'usr/local/tomcat', 'usr/local/tomcat/bin', 'usr/local/tomcat/webapps'),
  file(
    'usr/local/tomcat/bin/catalina.sh',
    '#!/bin/sh\nexec "$JAVA_HOME/bin/java" $JAVA_OPTS $CATALINA_OPTS -classpath "$CATALINA_HOME/bin/bootstrap.jar" org.apache.catalina.startup.Bootstrap start\n',
    0o755,
  ),
  file('usr/local/tomcat/webapps/ROOT.war', 'PK simulated application'),
];

const spring: readonly TarEntry[] = [...folders('app'), file('app/app.jar', 'PK simulated Spring Boot application')];

const skywalking: readonly TarEntry[] = [
  ...folders('skywalking', 'skywalking/agent', 'skywalking/agent/config', 'skywalking/agent/plugins', 'skywalking/agent/activations'),
  file('skywalking/agent/skywalking-agent.jar', 'PK simulated SkyWalking agent'),
  file(
    'skywalking/agent/config/agent.config',
    'agent.service_name=${SW_AGENT_NAME:Your_ApplicationName}\ncollector.backend_service=${SW_AGENT_COLLECTOR_BACKEND_SERVICES:127.0.0.1:11800}\nagent.sample_n_per_3_secs=${SW_AGENT_SAMPLE:-1}\n',
  ),
  file('skywalking/agent/plugins/apm-tomcat-10x-plugin-9.4.0.jar', 'PK simulated plugin'),
  file('skywalking/agent/activations/apm-toolkit-trace-activation-9.4.0.jar', 'PK simulated activation'),
];

const opentelemetry: readonly TarEntry[] = [...folders('opt', 'opt/otel'), file('opt/otel/opentelemetry-javaagent.jar', 'PK simulated OpenTelemetry agent')];

const lowerLayers = {
  'tomcat-skywalking': [jdk, tomcat, skywalking],
  'spring-skywalking': [jdk, skywalking, spring],
  'tomcat-opentelemetry': [jdk, tomcat, opentelemetry],
  'no-jvm': [[...folders('bin'), file('bin/service', 'simulated program', 0o755)]],
} as const satisfies { readonly [stack in SampleStack]: readonly (readonly TarEntry[])[] };

const javaEnv = ['PATH=/opt/java/openjdk/bin:/usr/local/tomcat/bin:/usr/bin:/bin', 'JAVA_HOME=/opt/java/openjdk'];
const catalina = { Cmd: ['catalina.sh', 'run'], WorkingDir: '/usr/local/tomcat' };

const runtimeConfig = {
  'tomcat-skywalking': { Env: [...javaEnv, 'CATALINA_HOME=/usr/local/tomcat'], ...catalina },
  'spring-skywalking': {
    Env: [...javaEnv, `JAVA_TOOL_OPTIONS=-javaagent:${SAMPLE_JARS.skywalking}`],
    Entrypoint: ['java', '-jar', '/app/app.jar'],
    WorkingDir: '/app',
  },
  'tomcat-opentelemetry': { Env: [...javaEnv, 'CATALINA_HOME=/usr/local/tomcat', `JAVA_TOOL_OPTIONS=-javaagent:${SAMPLE_JARS.opentelemetry}`], ...catalina },
  'no-jvm': { Env: ['PATH=/bin'], Entrypoint: ['/bin/service'], WorkingDir: '/' },
} as const satisfies { readonly [stack in SampleStack]: JsonObject };

function packLayer(entries: readonly TarEntry[]): { readonly digest: string; readonly diffId: string; readonly bytes: Uint8Array } {
  const tar = writeTar(entries);
  const bytes = gzipStored(tar);
  return { digest: sha256Digest(bytes), diffId: sha256Digest(tar), bytes };
}

function folders(...paths: readonly string[]): readonly TarEntry[] {
  return paths.map((path) => ({ kind: 'directory', path, mode: 0o755, uid: 0, gid: 0, mtime: 0 }));
}

function file(path: string, text: string, mode = 0o644): TarEntry {
  return { kind: 'file', path, mode, uid: 0, gid: 0, mtime: 0, bytes: new TextEncoder().encode(text) };
}

function encode(value: JsonObject): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
