import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { spanIdOf, traceIdOf } from '../../src/core/sw8/ids.ts';
import { javaCommands } from './java-commands.ts';
import { built, runApp } from './java-app.ts';
import type { AppRun, AppStart } from './java-app.ts';

const trace = '0261b37e52464a3c9f21aee37883e0ae.1.17954313111340003';
const segment = '0261b37e52464a3c9f21aee37883e0ae.1.17954313111340002';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const sw8 = ['1', base64(trace), base64(segment), '2', ...['web', 'web-0', '/', 'shop:80'].map(base64)].join('-');

const folder = mkdtempSync(join(tmpdir(), 'start-matrix-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Root reads everything; without these two it is a user like others. */
const unprivileged = ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-dac_override,-dac_read_search'];
const ownMounts = ['unshare', '--mount'] as const;
const remount = 'mount -o remount,bind,ro /';
const readOnly = [...ownMounts, 'sh', '-c', `${remount} && ! touch "$0" 2>/dev/null && exec "$@"`, join(folder, 'probe')];
const isRoot = process.getuid?.() === 0;
const canRemount = isRoot && spawnSync(ownMounts[0], [ownMounts[1], ...remount.split(' ')]).status === 0;

describe.each(javaCommands())('Java $version', ({ command: java }) => {
  it('starts with the bridge', async () => {
    const run = await start({ java, extensions: extensionsFolder([built.bridge]) });

    expectBridged(run);
  });
});

describe('the agent, as if there were no bridge,', () => {
  it('starts when the extension is not there', async () => {
    const run = await start({ extensions: join(folder, 'nowhere', 'changeover-bridge.jar') });

    expectUnbridged(run);
    expect(linesOf(run, 'does not exist')).toHaveLength(1);
  });

  it('starts when the extension is no jar', async () => {
    const jar = join(folder, 'no-jar.jar');
    writeFileSync(jar, 'a page that says 404');

    const run = await start({ extensions: jar });

    expectUnbridged(run);
    expect(linesOf(run, 'Failed to load extension jar')).toHaveLength(1);
  });

  it('starts when the extension may not be read', async () => {
    const jar = join(folder, 'unreadable.jar');
    copyFileSync(built.bridge, jar);
    chmodSync(jar, 0);

    const run = await start({ extensions: jar, ...(isRoot ? { within: unprivileged } : {}) });

    expectUnbridged(run);
    expect(linesOf(run, 'Permission denied')).toHaveLength(1);
  });
});

describe('the bridge', () => {
  it('is the same when it is there twice', async () => {
    const run = await start({ extensions: `${extensionsFolder([built.bridge])},${built.bridge}` });

    expectBridged(run);
  });

  it('leaves another extension at work', async () => {
    const run = await start({ extensions: extensionsFolder([built.bridge, built.otherExtension]) });

    expectBridged(run);
    expect(run.spans[0]?.resource).toMatchObject({ 'other.extension': 'loaded' });
  });

  it('joins the propagators that are set, which stay', async () => {
    const [traceId, parentSpanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
    const env = { OTEL_PROPAGATORS: 'b3,tracecontext' };

    const called = await start({ extensions: built.bridge, env });
    const calledByZipkin = await start({ extensions: built.bridge, env, headers: { b3: `${traceId}-${parentSpanId}-1` } });

    expectBridged(called);
    expect(calledByZipkin.spans.find((span) => span.name === 'GET /')).toMatchObject({ traceId, parentSpanId });
  });

  it('respects that there shall be no propagators', async () => {
    const run = await start({ extensions: built.bridge, env: { OTEL_PROPAGATORS: 'none' } });

    expectOwnTrace(run);
    expect(run.said['ids inside']).toContain(run.spans[0]?.traceId);
    expect(bridgeLines(run)).toEqual([expect.stringContaining('sw8 off (otel.propagators=none)')]);
  });

  it('refuses a YAML configuration, which the agent follows', async () => {
    const file = join(folder, 'otel.yaml');
    writeFileSync(file, yaml);

    const run = await start({ extensions: built.bridge, env: { OTEL_CONFIG_FILE: file } });

    expectOwnTrace(run);
    expect(run.spans[0]?.resource).toMatchObject({ 'service.name': 'from-yaml' });
    expect(bridgeLines(run)).toEqual([expect.stringContaining('off, because the agent is configured by a YAML file (otel.config.file)')]);
  });

  it.runIf(canRemount)('starts on a root file system that is read-only, with no temporary folder', async () => {
    const run = await start({ extensions: extensionsFolder([built.bridge]), within: readOnly, jvmOptions: [`-Djava.io.tmpdir=${folder}`] });

    expectBridged(run);
  });

  it('starts where OpenTelemetry lies in the place of SkyWalking, and takes the name from the arguments for SkyWalking', async () => {
    const place = join(folder, 'skywalking', 'agent');
    mkdirSync(place, { recursive: true });
    symlinkSync(built.agent, join(place, 'skywalking-agent.jar'));
    const agent = `${join(place, 'skywalking-agent.jar')}=agent.service_name=orders,collector.backend_service=oap:11800`;

    const run = await start({ agent, extensions: built.bridge });

    expectBridged(run);
    expect(run.spans[0]?.resource).toMatchObject({ 'service.name': 'orders' });
  });
});

/** A run of the application that is called by SkyWalking. */
function start({ extensions, env, ...rest }: AppStart & { readonly extensions: string }): Promise<AppRun> {
  return runApp({ agent: built.agent, headers: { sw8 }, ...rest, env: { OTEL_JAVAAGENT_EXTENSIONS: extensions, ...env } });
}

/** A folder with copies of jars, as the agent layer has it. */
function extensionsFolder(jars: readonly string[]): string {
  const extensions = mkdtempSync(join(folder, 'extensions-'));
  jars.forEach((jar, at) => copyFileSync(jar, join(extensions, `${at}.jar`)));
  return extensions;
}

/** The application ran, in the caller's trace, and the toolkit says so. Where the JDK has no HTTP server, there is no caller. */
function expectBridged(run: AppRun): void {
  expectEnded(run);
  expect(bridgeLines(run)).toEqual([expect.stringContaining('sw8 on, service name from')]);
  const traced = run.spans.find((span) => span.name === 'Main.traced');
  expect(run.said['logback inside']).toContain(`[TID:${traced?.traceId}]`);
  if (!run.stdout.includes('status 204')) return;
  expect(traced?.traceId).toBe(traceIdOf(trace));
  expect(run.spans.find((span) => span.name === 'GET /')?.parentSpanId).toBe(spanIdOf(segment, 2));
}

/** The application ran, and its traces are its own. */
function expectOwnTrace(run: AppRun): void {
  expectEnded(run);
  expect(run.spans.map((span) => span.parentSpanId)).toContain('');
  expect(run.spans[0]?.traceId).not.toBe(traceIdOf(trace));
}

function expectUnbridged(run: AppRun): void {
  expectOwnTrace(run);
  expect(bridgeLines(run)).toEqual([]);
  expect(run.said['logback inside']).toContain('TID: N/A');
}

function expectEnded(run: AppRun): void {
  expect(run.exitCode, run.log).toBe(0);
  expect(run.stdout.trimEnd().split('\n').at(-1)).toBe('end');
  expect(run.spans.length, run.log).toBeGreaterThan(0);
}

function bridgeLines(run: AppRun): readonly string[] {
  return linesOf(run, 'INFO dev.changeover.bridge').concat(linesOf(run, 'WARN dev.changeover.bridge'));
}

function linesOf(run: AppRun, text: string): readonly string[] {
  return `${run.log}\n${run.stdout}`.split('\n').filter((line) => line.includes(text));
}

const yaml = `
file_format: "1.2"
resource:
  attributes:
    - name: service.name
      value: from-yaml
propagator:
  composite:
    - tracecontext:
tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http:
            endpoint: \${OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces
`;
