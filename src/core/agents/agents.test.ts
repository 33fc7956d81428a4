import { describe, expect, it } from 'vitest';
import type { ImageFacts, ImageFiles, LayerEntry } from '../image/image-facts.ts';
import { effectiveOptions } from '../jvm/effective-options.ts';
import { effectiveEnv } from '../jvm/effective-env.ts';
import type { AgentContext } from './agent.ts';
import { agents, detectAgents } from './agents.ts';
import { otherAgentFindings } from './other-agent-findings.ts';

const SWJ = '/skywalking/agent/skywalking-agent.jar';

/** A context whose JVM gets these JAVA_TOOL_OPTIONS; `files` maps paths to texts, `-> target` being a symlink. */
function context(
  options: string,
  files?: { readonly [path: string]: string },
  more: Partial<ImageFacts> & { readonly env?: { readonly [name: string]: string } } = {},
): AgentContext {
  const { env = {}, ...facts } = more;
  const container = {
    name: 'app',
    image: 'app:1',
    command: ['java', '-jar', 'a.jar'],
    env: Object.entries({ ...env, JAVA_TOOL_OPTIONS: options }).map(([name, value]) => ({ name, value })),
  };
  const image = files || facts.ours ? ({ ...facts, ...(files ? { files: imageFiles(files) } : {}) } as ImageFacts) : undefined;
  return { options: effectiveOptions({ container }), env: effectiveEnv({ container }).values, ...(image ? { image } : {}) };
}

function imageFiles(files: { readonly [path: string]: string }): ImageFiles {
  const entry = (path: string): LayerEntry | undefined => {
    const text = files[path];
    const link = text?.startsWith('-> ') ? text.slice(3) : undefined;
    return text === undefined
      ? undefined
      : {
          path,
          type: link === undefined ? 'file' : 'symlink',
          mode: 0o644,
          uid: 0,
          gid: 0,
          mtime: 0,
          size: text.length,
          ...(link === undefined ? {} : { link }),
        };
  };
  const children = (path: string): readonly string[] =>
    Object.keys(files)
      .filter((each) => each.startsWith(`${path}/`))
      .map((each) => each.slice(path.length + 1));
  return {
    entry,
    children,
    doubt: () => undefined,
    physicalPath: (path) => path,
    text: (path) => files[path],
    references: () => ({}),
    premainClass: () => undefined,
    couplings: () => ({}),
  };
}

function found(
  options: string,
  ...rest: [files?: { readonly [path: string]: string }, more?: Parameters<typeof context>[2]]
): readonly (readonly [string, string])[] {
  return detectAgents(context(options, ...rest)).map((each) => [each.agent, each.jarPath]);
}

describe('detecting agents', () => {
  it.each([
    [SWJ, 'skywalking'],
    ['/opt/apm/skywalking-agent-8.16.0.jar', 'skywalking'],
    ['/opt/skywalking/agent.jar', 'skywalking'],
    ['/otel/opentelemetry-javaagent.jar', 'opentelemetry'],
    ['/otel-auto-instrumentation-java-app/javaagent.jar', 'opentelemetry'],
    ['/changeover/agent/javaagent.jar', 'opentelemetry'],
    ['/opt/appdynamics/javaagent.jar', 'unknown'],
    ['/agents/home-made.jar', 'unknown'],
  ])('names the agent of %s', (path, agent) => {
    expect(found(`-javaagent:${path}=a=b`)).toEqual([[agent, path]]);
  });

  it('completes a relative path with the working directory', () => {
    const options = effectiveOptions({
      container: { name: 'app', image: 'app:1', workingDir: '/srv', command: ['java', '-javaagent:agent/skywalking-agent.jar', '-jar', 'a.jar'] },
    });

    expect(detectAgents({ options, env: {} })).toMatchObject([
      { agent: 'skywalking', jarPath: '/srv/agent/skywalking-agent.jar', writtenPath: 'agent/skywalking-agent.jar' },
    ]);
  });

  it('leaves out agents that are no tracers, and puts those it knows first', () => {
    expect(
      found(
        `-javaagent:/ttl/transmittable-thread-local-2.14.jar -javaagent:/x/dd-java-agent.jar -javaagent:/jmx_prometheus_javaagent-0.20.jar=9404:/c.yml -javaagent:${SWJ} -javaagent:/jacocoagent.jar`,
      ),
    ).toEqual([
      ['skywalking', SWJ],
      ['unknown', '/x/dd-java-agent.jar'],
    ]);
  });

  it('recognises a renamed jar by the agent.config beside it, by its arguments or by its properties', () => {
    expect(found('-javaagent:/apm/boot.jar', { '/apm/boot.jar': '', '/apm/config/agent.config': 'agent.service_name=${SW_AGENT_NAME:x}' })).toEqual([
      ['skywalking', '/apm/boot.jar'],
    ]);
    expect(found('-javaagent:/apm/boot.jar=agent.service_name=foo')).toEqual([['skywalking', '/apm/boot.jar']]);
    expect(found('-javaagent:/apm/agent.jar -Dskywalking.agent.service_name=foo')).toEqual([['skywalking', '/apm/agent.jar']]);
  });

  it('sees the new agent behind the old path', () => {
    const ours = { sourceDigest: '', sourceName: '', agent: 'opentelemetry', version: '2.33.1', edits: '' };
    const link = { [SWJ]: '-> /changeover/agent/javaagent.jar', '/changeover/agent/javaagent.jar': '' };

    expect(found(`-javaagent:${SWJ}`, link)).toEqual([['opentelemetry', SWJ]]);
    expect(found(`-javaagent:${SWJ}`, undefined, { ours })).toEqual([['opentelemetry', SWJ]]);
    expect(detectAgents(context(`-javaagent:${SWJ}`, link, { ours }))[0]?.version).toBe('2.33.1');
  });

  it('reads versions where the image proves them', () => {
    expect(
      detectAgents(context(`-javaagent:${SWJ}`, { [SWJ]: '', '/skywalking/agent/activations/apm-toolkit-trace-activation-8.16.0.jar': '' }))[0]?.version,
    ).toBe('8.16.0');
    expect(detectAgents(context('-javaagent:/otel/opentelemetry-javaagent-2.20.1.jar'))[0]?.version).toBe('2.20.1');
    expect(detectAgents(context(`-javaagent:${SWJ}`))[0]).not.toHaveProperty('version');
  });
});

describe('agents beside ours', () => {
  it('blocks other tracers, also native and preloaded ones', () => {
    const beside = context(`-javaagent:${SWJ} -javaagent:/pp/pinpoint-bootstrap.jar -agentpath:/opt/dynatrace/liboneagentloader.so=x`, undefined, {
      env: { LD_PRELOAD: '/opt/dynatrace/oneagent/liboneagentproc.so' },
    });

    expect(otherAgentFindings(beside).map(({ id, severity, params }) => [id, severity, params['name']])).toEqual([
      ['other-agent', 'block', 'Pinpoint'],
      ['other-agent', 'block', 'Dynatrace'],
      ['other-agent', 'block', 'Dynatrace'],
    ]);
  });

  it('warns of jars nobody knows', () => {
    expect(otherAgentFindings(context('-javaagent:/agents/home-made.jar'))).toEqual([
      { id: 'unknown-agent', severity: 'warn', params: { path: '/agents/home-made.jar' } },
    ]);
  });
});

describe('proof from a log', () => {
  const otel =
    '[otel.javaagent 2026-11-24 15:04:09:614 +0000] [main] INFO io.opentelemetry.javaagent.tooling.VersionLogger - opentelemetry-javaagent - version: 2.33.1';
  const kernel = `DEBUG 2026-11-24 15:04:16.664 main AgentPackagePath : The beacon class location is jar:file:${SWJ}!/org/apache/skywalking/apm/agent/core/boot/AgentPackagePath.class. `;
  const config = 'INFO 2026-11-24 15:04:16:664 main SnifferConfigInitializer : Config file found in /skywalking/agent/config/agent.config. ';
  const noConfig =
    'ERROR 2026-11-24 15:05:11.347 main SnifferConfigInitializer : Failed to read the config file, skywalking is going to run in default config. ';
  const prove = (log: string): readonly (readonly [string, string | undefined])[] =>
    agents
      .map((agent) => agent.proveFromLog(log))
      .filter((proof) => proof !== undefined)
      .map((proof) => [proof.agent, proof.version]);

  it.each([
    ['its own logger', otel],
    ['after other output', `Picked up JAVA_TOOL_OPTIONS: -javaagent:${SWJ}\nOpenJDK 64-Bit Server VM warning: Sharing is only supported\n${otel}\r\napp`],
    ["an application's logger", '2026-11-24T15:04:09.614Z  INFO 1 --- [main] i.o.j.tooling.VersionLogger : opentelemetry-javaagent - version: 2.33.1'],
    ['without a time', '[otel.javaagent] INFO io.opentelemetry.javaagent.tooling.VersionLogger - opentelemetry-javaagent - version: 2.33.1'],
    ['as JSON', '{"@timestamp":"2026","message":"opentelemetry-javaagent - version: 2.33.1","logger_name":"io.opentelemetry.javaagent.tooling.VersionLogger"}'],
  ])("is OpenTelemetry's version line: %s", (_case, log) => {
    expect(prove(log)).toEqual([['opentelemetry', '2.33.1']]);
  });

  it.each([kernel, config, noConfig])('is what SkyWalking prints before it has a log file: %s', (line) => {
    expect(prove(`Picked up JAVA_TOOL_OPTIONS: x\n${line}\napp started`)).toEqual([['skywalking', undefined]]);
  });

  it('shows both agents when both run', () => {
    expect(prove(`${kernel}\n${otel}\n`)).toEqual([
      ['skywalking', undefined],
      ['opentelemetry', '2.33.1'],
    ]);
  });

  it.each([
    `Picked up JAVA_TOOL_OPTIONS: -javaagent:/otel/opentelemetry-javaagent.jar -javaagent:${SWJ}`,
    'INFO c.a.Check - expecting opentelemetry-javaagent - version: 2.33.1',
    `INFO c.a.Check - seen: ${otel}`,
    `INFO c.a.Check - seen: "${otel.slice(46)}"`,
    '{"message":"opentelemetry-javaagent - version: 2.33.1","logger":"c.a.Check"}',
    `INFO c.a.Check - seen: ${kernel}`,
    'INFO 2026-11-24 15:04:16.664 main SnifferConfigInitializerTest : Config file found in x.',
    'java.lang.NoClassDefFoundError: org/apache/skywalking/apm/agent/core/boot/AgentPackagePath',
    'OpenTelemetry Javaagent failed to start',
  ])('is not a line that only names them: %s', (line) => {
    expect(prove(`${line}\n`)).toEqual([]);
  });
});
