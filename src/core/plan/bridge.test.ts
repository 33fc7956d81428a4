import { describe, expect, it } from 'vitest';
import { changed, imageAfter, javaImage, SWJ, type ServiceSpec } from '../../../test/builders/service.ts';
import type { JsonObject } from '../json.ts';
import type { EnvVar } from '../workload/workload.ts';
import type { PlannedChange } from './plan-change.ts';

const FOLDER = '/changeover/extensions';
const flag = `-javaagent:${SWJ}`;
const inPod: ServiceSpec = { container: { env: [{ name: 'JAVA_TOOL_OPTIONS', value: flag }] } };
const withoutBridge = policy({ bridge: false });

describe('the folder of the bridge', () => {
  it.each(['takeover', 'image'] as const)('is a variable of the image (%s)', (mode) => {
    expect(extensions(changed(inPod, mode))).toBe(FOLDER);
  });

  it('follows to.home', () => {
    expect(extensions(changed({ ...inPod, policy: policy({ home: '/agents' }) }, 'takeover'))).toBe('/agents/extensions');
  });

  it.each<[string, ServiceSpec]>([
    ['the image', { ...inPod, image: javaImage({ Env: ['OTEL_JAVAAGENT_EXTENSIONS=/opt/own.jar'] }) }],
    ['the policy', { ...inPod, policy: policy({ env: { OTEL_JAVAAGENT_EXTENSIONS: '/opt/own.jar' } }) }],
    [
      "a properties file of the image's",
      {
        ...inPod,
        image: javaImage({ Env: ['OTEL_JAVAAGENT_CONFIGURATION_FILE=/otel.properties'] }, { '/otel.properties': 'otel.javaagent.extensions=/opt/own.jar\n' }),
      },
    ],
  ])('comes after the extensions of %s', (_case, spec) => {
    const change = changed(spec, 'takeover');

    expect(extensions(change)).toBe(`/opt/own.jar,${FOLDER}`);
    expect(bridgeFindings(change)).toEqual([]);
  });

  it('is named once', () => {
    expect(extensions(changed({ ...inPod, image: javaImage({ Env: [`OTEL_JAVAAGENT_EXTENSIONS=/a,${FOLDER}/`] }) }, 'takeover'))).toBe(`/a,${FOLDER}/`);
  });

  it('is left out with the bridge', () => {
    const change = changed({ ...inPod, policy: withoutBridge }, 'takeover');

    expect(extensions(change)).toBeUndefined();
    expect(bridgeFindings(change)).toEqual([]);
  });
});

const timeout = '-Dskywalking.collector.grpc_upstream_timeout=5';

describe('a workload whose own settings keep the bridge out', () => {
  const hidden = (by: string): unknown => [{ id: 'bridge-hidden', severity: 'block', params: { by, folder: FOLDER } }];

  it.each<[string, ServiceSpec, string]>([
    ['a variable of the pod', pod({ name: 'OTEL_JAVAAGENT_EXTENSIONS', value: '/own' }), 'env OTEL_JAVAAGENT_EXTENSIONS'],
    [
      'a variable that only the cluster knows',
      pod({ name: 'OTEL_JAVAAGENT_EXTENSIONS', valueFrom: { fieldRef: { fieldPath: 'x' } } }),
      'env OTEL_JAVAAGENT_EXTENSIONS',
    ],
    [
      'a ConfigMap',
      { container: { ...inPod.container, envFrom: [{ configMapRef: { name: 'otel' } }] }, configMaps: { otel: { OTEL_JAVAAGENT_EXTENSIONS: '/own' } } },
      'env OTEL_JAVAAGENT_EXTENSIONS',
    ],
    ['a system property', options('-Dotel.javaagent.extensions=/own'), '-Dotel.javaagent.extensions'],
    ['an argument of the agent', options('', '=otel.javaagent.extensions=/own'), 'agent arguments'],
    [
      'a property that a shell makes',
      { container: { command: ['sh', '-c', `exec java ${flag} -Dotel.javaagent.extensions=$(pwd) -jar /app/app.jar`] } },
      '-Dotel.javaagent.extensions',
    ],
  ])('is blocked: %s', (_case, spec, by) => {
    expect(bridgeFindings(changed(spec, 'takeover'))).toEqual(hidden(by));
  });

  it.each<[string, ServiceSpec]>([
    ['in the variable', pod({ name: 'OTEL_JAVAAGENT_EXTENSIONS', value: `/own, ${FOLDER}` })],
    ['as a jar', pod({ name: 'OTEL_JAVAAGENT_EXTENSIONS', value: `${FOLDER}/changeover-bridge.jar` })],
    ['in the property', options(`-Dotel.javaagent.extensions=${FOLDER}/`)],
  ])('is not, once its owner has added the folder %s', (_case, spec) => {
    expect(bridgeFindings(changed(spec, 'takeover'))).toEqual([]);
  });

  it.each<[string, ServiceSpec, string]>([
    ['of the pod', pod({ name: 'OTEL_CONFIG_FILE', value: '/otel.yaml' }), 'env OTEL_CONFIG_FILE'],
    ['by its older name', options('-Dotel.experimental.config.file=/otel.yaml'), '-Dotel.experimental.config.file'],
    ['of the policy', { ...inPod, policy: policy({ env: { OTEL_CONFIG_FILE: '/otel.yaml' } }) }, 'spec.to.env'],
  ])('is blocked: a YAML configuration %s', (_case, spec, by) => {
    expect(bridgeFindings(changed(spec, 'takeover'))).toEqual([{ id: 'bridge-yaml-config', severity: 'block', params: { by } }]);
  });

  it.each<[string, ServiceSpec, string]>([
    ['the pod', pod({ name: 'OTEL_PROPAGATORS', value: 'none' }), 'env OTEL_PROPAGATORS'],
    ['the policy', { ...inPod, policy: policy({ env: { OTEL_PROPAGATORS: 'none' } }) }, 'spec.to.env'],
  ])('is told where %s wants no propagator', (_case, spec, by) => {
    expect(bridgeFindings(changed(spec, 'takeover'))).toEqual([{ id: 'bridge-propagators-none', severity: 'warn', params: { by } }]);
  });

  it.each([
    ['other propagators', { name: 'OTEL_PROPAGATORS', value: 'b3' }],
    ['an agent that is switched off', { name: 'OTEL_JAVAAGENT_ENABLED', value: 'false' }],
    ['an empty variable', { name: 'OTEL_CONFIG_FILE', value: '' }],
  ])('is nothing to tell: %s', (_case, variable) => {
    expect(bridgeFindings(changed(pod(variable), 'takeover'))).toEqual([]);
  });

  it('is warned where the agent is only upgraded: nothing whole can break', () => {
    const old = '/opt/otel/opentelemetry-javaagent.jar';
    const env = [
      { name: 'JAVA_TOOL_OPTIONS', value: `-javaagent:${old}` },
      { name: 'OTEL_CONFIG_FILE', value: '/otel.yaml' },
    ];

    const change = changed({ container: { env }, image: javaImage({}, { [old]: 'PK' }), policy: { from: { agent: 'opentelemetry' } } }, 'takeover');

    expect(change.findings).toEqual([{ id: 'bridge-yaml-config', severity: 'warn', params: { by: 'env OTEL_CONFIG_FILE' } }]);
    expect(extensions(change)).toBe(FOLDER);
  });
});

describe("the workload's own settings", () => {
  const settings = [
    `-Dskywalking.agent.namespace=prod`,
    `-Dskywalking.agent.instance_name=$(POD_NAME)`,
    `-Dskywalking.agent.ignore_suffix=.do`,
    `-Dskywalking.trace.ignore_path=/health`,
  ].join(' ');

  it('are left to the bridge where they stay', () => {
    const change = changed(options(settings), 'takeover');

    expect(podVariables(change)).toEqual([]);
    expect(change.findings.map(({ id, severity, params }) => [id, severity, params['key']])).toEqual(
      ['agent.namespace', 'agent.ignore_suffix', 'trace.ignore_path'].map((key) => ['mapping-partial', 'info', key]),
    );
  });

  it('go into the pod where they leave, with the prefix of older headers', () => {
    expect(podVariables(changed(options(settings), 'image'))).toEqual([
      'OTEL_SERVICE_NAME=orders',
      'OTEL_RESOURCE_ATTRIBUTES=service.namespace=prod,service.instance.id=$(POD_NAME)',
      'CHANGEOVER_SW8_HEADER_PREFIXES=prod',
    ]);
  });

  it('go into the pod where nothing reads them, and what no bridge honours is told', () => {
    const change = changed({ ...options(settings), policy: withoutBridge }, 'takeover');

    expect(podVariables(change)).toEqual(['OTEL_SERVICE_NAME=orders', 'OTEL_RESOURCE_ATTRIBUTES=service.namespace=prod,service.instance.id=$(POD_NAME)']);
    expect(change.findings.filter(({ severity }) => severity === 'warn').map(({ params }) => params['key'])).toEqual([
      'agent.ignore_suffix',
      'trace.ignore_path',
    ]);
  });

  it.each<[string, ServiceSpec, readonly string[]]>([
    ["a template's name", { ...options(settings), policy: policy({ serviceName: '{label:app}-x' }) }, ['OTEL_SERVICE_NAME=orders-x']],
    [
      'that the agent is off',
      pod({ name: 'SW_AGENT_ENABLE', value: 'false' }, stock('agent.enable=${SW_AGENT_ENABLE:true}')),
      ['OTEL_JAVAAGENT_ENABLED=false'],
    ],
    ['a name that the image has another one for', { ...inPod, image: javaImage({ Env: ['OTEL_SERVICE_NAME=base'] }) }, ['OTEL_SERVICE_NAME=orders']],
    ['a name among attributes', pod({ name: 'OTEL_RESOURCE_ATTRIBUTES', value: 'team=a,service.name=base' }), ['OTEL_SERVICE_NAME=orders']],
  ])('go into the pod where the bridge cannot derive them: %s', (_case, spec, expected) => {
    expect(podVariables(changed(spec, 'takeover'))).toEqual(expected);
  });

  it.each<[string, ServiceSpec, readonly string[], readonly string[]]>([
    ['go into the pod', options(timeout), ['OTEL_EXPORTER_OTLP_TIMEOUT=5000'], []],
    ["give way to the policy's", { ...options(timeout), policy: policy({ env: { OTEL_EXPORTER_OTLP_TIMEOUT: '9' } }) }, [], ['spec.to.env']],
    ["give way to the workload's own property", options(`${timeout} -Dotel.exporter.otlp.timeout=7`), [], ['-Dotel.exporter.otlp.timeout']],
    ["give way to the image's", { ...options(timeout), image: javaImage({ Env: ['OTEL_EXPORTER_OTLP_TIMEOUT=8'] }) }, [], ['env OTEL_EXPORTER_OTLP_TIMEOUT']],
  ])('that the bridge cannot derive, and that mean the same, %s', (_case, spec, variables, by) => {
    const change = changed(spec, 'takeover');

    expect(podVariables(change)).toEqual(variables);
    expect(change.findings.filter(({ id }) => id === 'env-overridden').map(({ params }) => params['by'])).toEqual(by);
  });

  it('join the list of headers that the fleet records', () => {
    const change = changed({ ...options('-Dskywalking.plugin.http.include_http_headers=x-tenant'), policy: withoutBridge }, 'takeover');

    expect(podVariables(change)).toContain('OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS=sw8,x-tenant');
  });

  it.each<[string, EnvVar]>([
    ['not loaded', { name: 'OTEL_JAVAAGENT_EXTENSIONS', value: '/own' }],
    ['not asked', { name: 'OTEL_CONFIG_FILE', value: '/otel.yaml' }],
  ])('go into the pod where the bridge is %s and somebody allows that', (_case, variable) => {
    expect(podVariables(changed(pod(variable), 'takeover'))).toEqual(['OTEL_SERVICE_NAME=orders']);
  });

  it('give way to the name of the pod, which is told', () => {
    const change = changed(pod({ name: 'OTEL_SERVICE_NAME', value: 'other' }), 'takeover');

    expect(podVariables(change)).toEqual([]);
    expect(change.findings).toEqual([{ id: 'env-overridden', severity: 'info', params: { name: 'OTEL_SERVICE_NAME', by: 'pod env' } }]);
  });

  it('must name the service all the same: nobody could say whether its traces arrive', () => {
    const change = changed({ container: { env: [...(inPod.container?.env ?? []), { name: 'SW_AGENT_NAME', value: '' }] } }, 'takeover');

    expect(change.findings).toEqual([{ id: 'service-name-unknown', severity: 'block', params: {} }]);
  });
});

describe('without the bridge', () => {
  const captured = 'OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS';

  it('server spans keep the foreign header, so that false beginnings show', () => {
    expect(changed({ ...inPod, policy: withoutBridge }, 'takeover').env).toMatchObject({ [captured]: 'sw8' });
    expect(changed(inPod, 'takeover').env).not.toHaveProperty(captured);
  });

  it.each<[string, ServiceSpec, string | undefined]>([
    ['policy', { ...inPod, policy: policy({ bridge: false, env: { [captured]: 'x-user' } }) }, 'x-user'],
    ['pod', { ...pod({ name: captured, value: 'x-user' }), policy: withoutBridge }, undefined],
  ])('the headers that the %s wants are not replaced', (_case, spec, expected) => {
    expect(changed(spec, 'takeover').env[captured]).toBe(expected);
  });
});

function policy(to: JsonObject): JsonObject {
  return { to: { files: { path: 'agent.jar' }, ...to } };
}

function pod(variable: EnvVar, image = javaImage()): ServiceSpec {
  return { container: { env: [...(inPod.container?.env ?? []), variable] }, image };
}

function options(more: string, args = ''): ServiceSpec {
  const podName = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };
  return { container: { env: [podName, { name: 'JAVA_TOOL_OPTIONS', value: `${flag}${args} ${more}` }] } };
}

function stock(line: string): ReturnType<typeof javaImage> {
  return javaImage({}, { '/skywalking/agent/config/agent.config': `agent.service_name=\${SW_AGENT_NAME:x}\n${line}\n` });
}

function extensions(change: PlannedChange): string | undefined {
  return Object.fromEntries(imageAfter(change).config.env)['OTEL_JAVAAGENT_EXTENSIONS'];
}

function bridgeFindings(change: PlannedChange): unknown {
  return change.findings.filter(({ id }) => id.startsWith('bridge-'));
}

function podVariables({ edits }: PlannedChange): readonly string[] {
  return edits.flatMap((edit) => (edit.kind === 'env' && edit.before === null ? [`${edit.name}=${edit.after?.value}`] : []));
}

describe('an agent before SkyWalking 8', () => {
  it.each([
    ['6.6.0', ['bridge-sw6']],
    ['7.0.0', ['bridge-sw6']],
    ['8.0.0', []],
  ])('of version %s speaks to the bridge or does not, which is said', (version, expected) => {
    const plugin = `/skywalking/agent/plugins/apm-tomcat-7.x-8.x-plugin-${version}.jar`;
    const config = {
      '/sw/skywalking-agent.jar': 'PK',
      '/sw/config/agent.config': 'agent.service_name=a\n',
      [plugin.replace('/skywalking/agent', '/sw')]: 'PK',
    };
    const spec: ServiceSpec = {
      container: { env: [{ name: 'JAVA_TOOL_OPTIONS', value: '-javaagent:/sw/skywalking-agent.jar' }] },
      image: javaImage({}, config),
    };

    expect(bridgeFindings(changed(spec, 'takeover'))).toEqual(expected.map((id) => ({ id, severity: 'block', params: { version } })));
  });
});
