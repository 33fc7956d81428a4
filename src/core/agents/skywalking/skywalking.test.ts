import { describe, expect, it } from 'vitest';
import { effectiveEnv } from '../../jvm/effective-env.ts';
import { effectiveOptions } from '../../jvm/effective-options.ts';
import { replaceAgentFlag } from '../../jvm/remove-agent.ts';
import type { EnvVar } from '../../workload/workload.ts';
import type { AgentContext, AgentSettings } from '../agent.ts';
import { mapSettings } from './map-to-opentelemetry.ts';
import { skywalking } from './skywalking.ts';

const SWJ = '/skywalking/agent/skywalking-agent.jar';
const CONFIG = '/skywalking/agent/config/agent.config';
const stock = [
  'agent.service_name=${SW_AGENT_NAME:Your_ApplicationName}',
  'agent.namespace=${SW_AGENT_NAMESPACE:}',
  'agent.instance_name=${SW_AGENT_INSTANCE_NAME:}',
  'agent.sample_n_per_3_secs=${SW_AGENT_SAMPLE:-1}',
  'agent.enable=${SW_AGENT_ENABLE:true}',
  'agent.authentication=${SW_AGENT_AUTHENTICATION:}',
  'agent.span_limit_per_segment=${SW_AGENT_SPAN_LIMIT:300}',
  'collector.backend_service=${SW_AGENT_COLLECTOR_BACKEND_SERVICES:127.0.0.1:11800}',
  'plugin.exclude_plugins=${SW_EXCLUDE_PLUGINS:}',
].join('\n');

interface Case {
  readonly command?: readonly string[];
  readonly env?: readonly EnvVar[];
  /** `null` = the file cannot be read. */
  readonly config?: string | null;
  readonly files?: { readonly [path: string]: string };
}

function contextOf({ command = ['java', `-javaagent:${SWJ}`, '-jar', 'a.jar'], env = [], config = stock, files = {} }: Case): AgentContext {
  const container = { name: 'app', image: 'app:1', command, env };
  const texts: { readonly [path: string]: string } = { ...(config === null ? {} : { [CONFIG]: config }), ...files };
  return { options: effectiveOptions({ container }), env: effectiveEnv({ container }).values, imageText: (path) => texts[path] };
}

function settingsOf(what: Case): AgentSettings {
  const context = contextOf(what);
  const [detected] = skywalking.detect(context.options);
  if (!detected) throw new Error('no agent detected');
  return skywalking.readSettings(context, detected);
}

const env = (name: string, value: string): EnvVar => ({ name, value });
const java = (...options: readonly string[]): readonly string[] => ['java', ...options, '-jar', 'a.jar'];

describe("SkyWalking's settings", () => {
  it.each<readonly [string, Case, string | undefined]>([
    ["environment through the file's placeholder", { env: [env('SW_AGENT_NAME', 'foo')] }, 'foo'],
    ['a property before the environment', { command: java(`-javaagent:${SWJ}`, '-Dskywalking.agent.service_name=b'), env: [env('SW_AGENT_NAME', 'c')] }, 'b'],
    ["a placeholder's property before its variable", { command: java(`-javaagent:${SWJ}`, '-DSW_AGENT_NAME=x'), env: [env('SW_AGENT_NAME', 'y')] }, 'x'],
    ['the last of two properties', { command: java(`-javaagent:${SWJ}`, '-Dskywalking.agent.service_name=a', '-Dskywalking.agent.service_name=b') }, 'b'],
    ['agent arguments before all', { command: java(`-javaagent:${SWJ}=agent.service_name='a,b'`, '-Dskywalking.agent.service_name=c') }, 'a,b'],
    ['a literal in the file, which makes the variable dead', { config: 'agent.service_name=lit', env: [env('SW_AGENT_NAME', 'c')] }, 'lit'],
    ['another key of the file', { config: 'agent.service_name=${agent.instance_name}-x\nagent.instance_name=i' }, 'i-x'],
    ['nested placeholders and escapes', { config: 'agent.service_name = ${A${B}:${C:caf\\u00e9}}', env: [env('B', '1')] }, 'café'],
    [
      'the file that -Dskywalking_config names',
      { command: java(`-javaagent:${SWJ}`, '-Dskywalking_config=/cfg/a'), files: { '/cfg/a': 'agent.service_name=mounted' } },
      'mounted',
    ],
    [
      'nothing where an empty property hides the name',
      { command: java(`-javaagent:${SWJ}`, '-Dskywalking.agent.service_name='), env: [env('SW_AGENT_NAME', 'y')] },
      undefined,
    ],
  ])('takes the name from %s', (_case, what, name) => {
    expect(settingsOf(what).serviceName).toBe(name);
  });

  it("says which source won, and which values are the file's defaults", () => {
    const { values } = settingsOf({ env: [env('SW_AGENT_NAME', 'foo')] });

    expect(values['agent.service_name']).toEqual({ value: 'foo', source: `env SW_AGENT_NAME via ${CONFIG}` });
    expect(values['agent.enable']).toEqual({ value: 'true', source: CONFIG, isDefault: true });
  });

  it('takes a file it cannot read for the stock one, and says so', () => {
    const settings = settingsOf({ config: null, env: [env('SW_AGENT_NAME', 'foo')] });

    expect(settings.serviceName).toBe('foo');
    expect(settings.findings).toEqual([{ id: 'agent-config-assumed', severity: 'warn', params: { path: CONFIG } }]);
    expect(settingsOf({ config: null }).serviceName).toBeUndefined();
  });

  it('blocks where the file that was asked for cannot be read', () => {
    const settings = settingsOf({ command: java(`-javaagent:${SWJ}`, '-Dskywalking_config=/cfg/a') });

    expect(settings.findings).toEqual([{ id: 'agent-config-unread', severity: 'block', params: { path: '/cfg/a' } }]);
  });

  it.each(['${agent.service_name:x}', '${SW_AGENT_NAME:${}}', 'a ${agent.namespace}'])('blocks where the agent stops reading its file, at %s', (name) => {
    const config = `agent.service_name=${name}\nagent.namespace=\${agent.service_name}\nagent.cluster=\${ZONE:z}\nagent.instance_name=i`;

    const { serviceName, values, findings } = settingsOf({ config });

    const keys = Object.keys(values);
    expect(serviceName).toBe(name);
    expect(findings).toMatchObject([{ id: 'agent-config-broken', severity: 'block', params: { path: CONFIG } }]);
    expect(keys).toContain('agent.instance_name');
    expect(keys).not.toContain('agent.cluster');
  });

  it('knows no name that only a shell knows', () => {
    const settings = settingsOf({
      command: ['sh', '-c', `java -javaagent:${SWJ} -Dskywalking.agent.service_name=$(hostname) -jar a.jar`],
      env: [env('SW_AGENT_NAME', 'y')],
    });

    expect(settings.serviceName).toBeUndefined();
    expect(settings.findings).toEqual([{ id: 'setting-unresolved', severity: 'warn', params: { key: 'agent.service_name' } }]);
  });

  it('knows no name that only the cluster knows', () => {
    const settings = settingsOf({ env: [{ name: 'SW_AGENT_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] });

    expect(settings.serviceName).toBeUndefined();
    expect(settings.values['agent.service_name']).toMatchObject({ value: '$(SW_AGENT_NAME)', unresolved: ['SW_AGENT_NAME'] });
  });

  it('does not ask where the old agent sends its data: that is replaced, whatever it is', () => {
    const settings = settingsOf({
      command: [
        'sh',
        '-c',
        `java -javaagent:${SWJ} -Dskywalking.agent.service_name=a -Dskywalking.collector.backend_service=$OAP_SERVICE_HOST:11800 -jar a.jar`,
      ],
    });

    expect(settings.findings.map((finding) => finding.id)).not.toContain('setting-unresolved');
  });

  it('never shows credentials', () => {
    const settings = settingsOf({ env: [env('SW_AGENT_NAME', 'a'), env('SW_AGENT_AUTHENTICATION', 'hush')] });

    expect(JSON.stringify(settings)).not.toContain('hush');
    expect(settings.findings).toEqual([{ id: 'setting-withheld', severity: 'warn', params: { key: 'agent.authentication' } }]);
  });

  it('says when the old name was cut', () => {
    const name = 'n'.repeat(63);

    expect(settingsOf({ env: [env('SW_AGENT_NAME', name)] })).toMatchObject({ serviceName: name, findings: [{ id: 'service-name-cut', severity: 'info' }] });
  });
});

describe('mapping to OpenTelemetry', () => {
  const mapped = (what: Case, target = {}): ReturnType<typeof mapSettings> => mapSettings(settingsOf(what), target);

  it('carries the identity over', () => {
    const { env: result, findings } = mapped({
      env: [env('SW_AGENT_NAME', 'foo'), env('SW_AGENT_NAMESPACE', 'a, b=c%'), env('SW_AGENT_INSTANCE_NAME', 'i 1')],
    });

    expect(result).toEqual({ OTEL_SERVICE_NAME: 'foo', OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=a%2C%20b%3Dc%25,service.instance.id=i%201' });
    expect(findings).toEqual([{ id: 'mapping-partial', severity: 'info', params: { key: 'agent.namespace', value: 'a, b=c%' } }]);
  });

  it("prefers the template's name", () => {
    expect(mapped({ env: [env('SW_AGENT_NAME', 'foo')] }, { serviceName: 'shop' }).env).toEqual({ OTEL_SERVICE_NAME: 'shop' });
  });

  it('keeps references live and literals literal', () => {
    const podName: EnvVar = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };
    const instance = (value: string): readonly string[] => java(`-javaagent:${SWJ}`, `-Dskywalking.agent.instance_name=${value}`);

    expect(mapped({ command: instance('$(POD_NAME)'), env: [podName] }).env['OTEL_RESOURCE_ATTRIBUTES']).toBe('service.instance.id=$(POD_NAME)');
    expect(mapped({ command: instance('$$(POD_NAME)'), env: [podName] }).env['OTEL_RESOURCE_ATTRIBUTES']).toBe('service.instance.id=%24(POD_NAME)');
    expect(mapped({ env: [podName, env('SW_AGENT_NAME', 'x-$(POD_NAME)')] }).env['OTEL_SERVICE_NAME']).toBe('x-$(POD_NAME)');
    expect(mapped({ env: [env('SW_AGENT_NAME', 'a$$(B)')] }).env['OTEL_SERVICE_NAME']).toBe('a$$(B)');
    expect(mapped({ env: [{ ...podName, name: 'SW_AGENT_NAME' }] }).env['OTEL_SERVICE_NAME']).toBe('$(SW_AGENT_NAME)');
  });

  it('keeps a disabled agent disabled, and a group in the name', () => {
    const { env: result, findings } = mapped({ env: [env('SW_AGENT_NAME', 'shop::order'), env('SW_AGENT_ENABLE', 'false')] });

    expect(result).toEqual({ OTEL_SERVICE_NAME: 'shop::order', OTEL_JAVAAGENT_ENABLED: 'false' });
    expect(findings).toEqual([{ id: 'mapping-partial', severity: 'info', params: { key: 'agent.service_name', value: 'shop::order' } }]);
  });

  it.each([
    ['no', 'false'],
    [' true', 'false'],
    ['TRUE', undefined],
    ['', undefined],
  ])('reads %j as Java does: what is not true is off, and nothing changes nothing', (value, expected) => {
    expect(mapped({ command: java(`-javaagent:${SWJ}`, `-Dskywalking.agent.enable=${value}`) }).env['OTEL_JAVAAGENT_ENABLED']).toBe(expected);
  });

  it.each([
    ['collector.grpc_upstream_timeout', '5', 'OTEL_EXPORTER_OTLP_TIMEOUT', '5000'],
    ['agent.trace_segment_ref_limit_per_span', '64', 'OTEL_SPAN_LINK_COUNT_LIMIT', '64'],
    ['agent.log_limit_per_span', '10', 'OTEL_SPAN_EVENT_COUNT_LIMIT', '10'],
    ['plugin.http.include_http_headers', 'x-tenant,x-user', 'OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS', 'x-tenant,x-user'],
  ])('says %s=%s as %s=%s', (key, value, variable, expected) => {
    const { env: result, findings } = mapped({ command: java(`-javaagent:${SWJ}`, `-Dskywalking.${key}=${value}`) });

    expect(result[variable]).toBe(expected);
    expect(findings).toEqual([]);
  });

  it.each([
    ['the default', '30', []],
    ['no number', 'soon', ['mapping-partial']],
  ])('says no timeout for %s', (_case, value, expected) => {
    const { env: result, findings } = mapped({ command: java(`-javaagent:${SWJ}`, `-Dskywalking.collector.grpc_upstream_timeout=${value}`) });

    expect(result).not.toHaveProperty('OTEL_EXPORTER_OTLP_TIMEOUT');
    expect(findings.map(({ id }) => id)).toEqual(expected);
  });

  it('flattens instance properties', () => {
    const result = mapped({
      command: java(`-javaagent:${SWJ}`, '-Dskywalking.agent.instance_properties_json={"zone":"z 1","n":1,"deep":{"a":1},"token":"x","service.name":"y"}'),
    });

    expect(result.env['OTEL_RESOURCE_ATTRIBUTES']).toBe('zone=z%201,n=1,deep.a=1');
    expect(result.findings.map((finding) => finding.id)).toEqual(['mapping-partial']);
  });

  it.each<readonly [string, readonly EnvVar[], readonly (readonly [string, string])[]]>([
    ['nothing where nobody chose anything', [], []],
    ['changed sampling, which blocks', [env('SW_AGENT_SAMPLE', '3')], [['sampling-changes', 'block']]],
    ['sampling that only the cluster knows', [{ name: 'SW_AGENT_SAMPLE', valueFrom: { fieldRef: { fieldPath: 'x' } } }], [['sampling-changes', 'block']]],
    ['no sampling where Java reads no number above 0', [env('SW_AGENT_SAMPLE', '0x3')], []],
    ['what has no counterpart', [env('SW_AGENT_SPAN_LIMIT', '1000')], [['mapping-lost', 'warn']]],
    ['what is only similar', [env('SW_EXCLUDE_PLUGINS', 'tomcat')], [['mapping-partial', 'warn']]],
    ['the backend that goes', [env('SW_AGENT_COLLECTOR_BACKEND_SERVICES', 'oap:11800')], [['backend-replaced', 'info']]],
  ])('reports %s', (_case, variables, expected) => {
    const { findings } = mapped({ env: [env('SW_AGENT_NAME', 'a'), ...variables] });

    expect(findings.map(({ id, severity }) => [id, severity])).toEqual(expected);
  });
});

describe("SkyWalking's own properties", () => {
  it('go with the agent, and no others', () => {
    const before = `-DSW_AGENT_NAME=x -DSW_HOME=/y -javaagent:${SWJ} -Dskywalking_config=/c -Dskywalking.agent.service_name=a -Dapp.skywalking.x=1`;

    const { text } = replaceAgentFlag(before, 'tool-options', { jarPath: SWJ, agent: skywalking, newJarPath: '/otel/javaagent.jar' });

    expect(text).toBe('-DSW_HOME=/y -javaagent:/otel/javaagent.jar -Dapp.skywalking.x=1');
  });
});
