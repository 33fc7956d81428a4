import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../test/builders/image-facts.ts';
import { mergeLayers } from '../image/image-files.ts';
import type { Coupling } from '../image/image-facts.ts';
import type { JsonObject } from '../json.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import type { Container, Workload } from '../workload/workload.ts';
import { couplingFindings } from './coupling-findings.ts';
import { preflight } from './preflight.ts';
import { readContainer } from './read-container.ts';

const seamless = {
  readinessProbe: { httpGet: { port: 8080 } },
  lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } },
} as const;

interface Given {
  readonly kind?: string;
  readonly container?: JsonObject;
  readonly spec?: JsonObject;
  readonly pod?: JsonObject;
  readonly files?: { readonly [path: string]: string };
  readonly imageEnv?: { readonly [name: string]: string };
  /** Seconds that live pods took from start to Ready. */
  readonly starts?: readonly number[];
}

/** The findings of a workload that has everything, but for what is given. */
function findings(given: Given): readonly { readonly id: string; readonly params: JsonObject }[] {
  const container: Container = { name: 'app', image: 'app:1', command: ['java', '-jar', 'a.jar'], ...seamless, ...given.container };
  const kind = given.kind ?? 'Deployment';
  const template = { spec: { containers: [container], ...given.pod } };
  const object: KubeObject = { apiVersion: 'apps/v1', kind, metadata: { name: 'orders', namespace: 'shop' }, spec: { replicas: 2, template, ...given.spec } };
  const pods = (given.starts ?? []).map(startedIn);
  const workload: Workload = { id: `shop/${kind}/orders`, namespace: 'shop', kind, name: 'orders', uid: 'u', object, replicaSets: [], pods };
  const facts = factsOf(given.files ?? {}, { env: [['JAVA_HOME', '/jdk']] });
  const reading = readContainer(container, { facts, configMaps: {} });
  return preflight({ workload, container, reading, facts, imageEnv: given.imageEnv ?? {} });
}

function startedIn(seconds: number): KubeObject {
  const start = Date.parse('2026-01-12T09:00:00Z');
  const containerStatuses = [{ name: 'app', ready: true, restartCount: 0, state: { running: { startedAt: new Date(start).toISOString() } } }];
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: new Date(start + seconds * 1000).toISOString() }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'shop' }, status: { containerStatuses, conditions } };
}

function ids(given: Given): readonly string[] {
  return findings(given).map((each) => each.id);
}

const limited = (memory: string, ...options: string[]): Given => ({
  container: { resources: { limits: { memory } }, command: ['java', ...options, '-jar', 'a.jar'] },
});

describe('the pre-flight of a workload', () => {
  it('has nothing to say of one that has everything', () => {
    expect(findings({})).toEqual([]);
  });

  it.each<readonly [name: string, given: Given, expected: readonly string[]]>([
    ['no readiness probe', { container: { readinessProbe: null } }, ['no-readiness-probe']],
    ['Recreate', { spec: { strategy: { type: 'Recreate' } } }, ['recreate-strategy']],
    ['no surge', { spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } } }, ['no-surge']],
    ['no hook', { container: { lifecycle: { postStart: {} } } }, ['no-stop-hook']],
    ['no time to stop', { pod: { terminationGracePeriodSeconds: 1 } }, ['no-graceful-stop']],
    ['a StatefulSet, which never surges', { kind: 'StatefulSet' }, []],
    ['a CronJob, which rolls nothing out', { kind: 'CronJob', container: { readinessProbe: null } }, []],
    ['Java 7', { files: { '/jdk/release': 'JAVA_VERSION="1.7.0_80"\n' } }, ['java-too-old']],
    ['Java 8', { files: { '/jdk/release': 'JAVA_VERSION="1.8.0_402"\n' } }, []],
    ['a read-only root', { container: { securityContext: { readOnlyRootFilesystem: true } } }, ['read-only-root']],
    [
      'a read-only root with a folder for temporary files',
      { container: { securityContext: { readOnlyRootFilesystem: true }, volumeMounts: [{ name: 't', mountPath: '/tmp' }] } },
      [],
    ],
    ['an init container of the same image', { pod: { initContainers: [{ name: 'migrate', image: 'app:1' }] } }, ['image-used-elsewhere']],
  ])('tells of %s', (_name, given, expected) => {
    expect(ids(given)).toEqual(expected);
  });

  it.each<readonly [given: Given, left: number | undefined]>([
    [limited('1Gi', '-Xmx900m'), 124],
    [limited('1Gi', '-Xmx2g', '-Xmx512m'), undefined],
    [limited('1Gi', '-XX:MaxRAMPercentage=80.0'), 204.8],
    [limited('1Gi'), undefined],
    [limited('300Mi'), 225],
    [limited('1Gi', '-Xmx2g'), 0],
    [limited('lots', '-Xmx2g'), undefined],
  ])('counts what the heap leaves of the memory limit (%#)', (given, left) => {
    const found = findings(given).find((each) => each.id === 'memory-headroom');

    expect(found ? Number(found.params['left']) / 1024 ** 2 : undefined).toEqual(left === undefined ? undefined : expect.closeTo(left));
  });

  const liveness = (more: JsonObject): Given => ({ container: { livenessProbe: { httpGet: { port: 8080 }, ...more } } });

  it.each<readonly [given: Given, expected: JsonObject | undefined]>([
    [liveness({}), { probe: 'livenessProbe', patience: 30, start: 30, expected: 45, measured: false }],
    [{ ...liveness({}), starts: [300, 8] }, undefined],
    [
      { ...liveness({}), starts: [100] },
      { probe: 'livenessProbe', patience: 30, start: 100, expected: 150, measured: true },
    ],
    [liveness({ initialDelaySeconds: 20, periodSeconds: 5, failureThreshold: 5 }), undefined],
    [{ container: { ...liveness({}).container, startupProbe: { failureThreshold: 30 } }, starts: [100] }, undefined],
  ])('holds the patience of probes against the start that was seen (%#)', (given, expected) => {
    expect(findings(given).find((each) => each.id === 'start-headroom')?.params).toEqual(expected);
  });

  const own = (...pairs: readonly (readonly [string, string])[]): Given => ({ container: { env: pairs.map(([name, value]) => ({ name, value })) } });
  const GRPC = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };

  it.each<readonly [given: Given, expected: string | undefined]>([
    [{ imageEnv: GRPC }, undefined],
    [{ imageEnv: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4317' } }, 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    [{ ...own(['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://mine:4318/']), imageEnv: GRPC }, 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    [own(['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://otel:4318/v1/traces']), undefined],
    [own(['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://otel:4317']), 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
    [own(['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://otel:9999']), undefined],
  ])('holds the port of the exporter against what it would send (%#)', (given, expected) => {
    expect(findings(given).find((each) => each.id === 'exporter-protocol')?.params['variable']).toBe(expected);
  });
});

describe('ties of the application to the old agent', () => {
  it('are told once for each kind, with what and where', () => {
    const digest = `sha256:${'1'.repeat(64)}`;
    const entries = ['/a.jar', '/b.xml'].map((path) => ({ path, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 1 }) as const);
    const toolkit: Coupling = { kind: 'toolkit', what: 'apm-toolkit-trace-8.9.0' };
    const pattern: Coupling = { kind: 'log-pattern', what: '%traceId' };
    const couplings = { '/a.jar': [toolkit, pattern], '/b.xml': [pattern, { kind: 'log-appender', what: 'X' }] } as const;

    const found = couplingFindings({ ...factsOf({}), files: mergeLayers([{ digest, entries, texts: {}, references: {}, couplings }]) });

    expect(found).toEqual([
      { id: 'toolkit-in-app', severity: 'warn', params: { names: ['apm-toolkit-trace-8.9.0'], paths: ['/a.jar'] } },
      { id: 'log-pattern-prints-na', severity: 'warn', params: { names: ['%traceId'], paths: ['/a.jar', '/b.xml'] } },
      { id: 'log-appender-loses-logs', severity: 'warn', params: { names: ['X'], paths: ['/b.xml'] } },
    ]);
  });
});
