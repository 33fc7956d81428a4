import { describe, expect, it } from 'vitest';
import { changed, javaImage, service, SWJ, type ServiceSpec } from '../builders/service.ts';
import { otherAgentFindings } from '../../src/core/agents/other-agent-findings.ts';
import { readContainer } from '../../src/core/plan/read-container.ts';

const flag = `-javaagent:${SWJ}`;
/** The placeholders of the agent's own file. */
const stock = {
  '/skywalking/agent/config/agent.config': [
    'agent.service_name=${SW_AGENT_NAME:Your_ApplicationName}',
    'agent.namespace=${SW_AGENT_NAMESPACE:}',
    'agent.sample_n_per_3_secs=${SW_AGENT_SAMPLE:-1}',
    'agent.enable=${SW_AGENT_ENABLE:true}',
  ].join('\n'),
};
const policy = { to: { files: { path: 'agent.jar' }, bridge: false, env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' } } };

function running(options: string, env: { readonly [name: string]: string } = {}): ServiceSpec {
  const variables = Object.entries({ ...env, JAVA_TOOL_OPTIONS: options }).map(([name, value]) => ({ name, value }));
  return { policy, image: javaImage({}, stock), container: { env: variables } };
}

/** What the new agent is told by the pod, what is left of JAVA_TOOL_OPTIONS, and what the plan says of it. */
function outcome(spec: ServiceSpec): { readonly env: { readonly [name: string]: string }; readonly options?: string; readonly ids: readonly string[] } {
  const { edits, findings, env: imageEnv } = changed(spec);
  const after = Object.fromEntries(edits.flatMap((edit) => (edit.kind === 'env' && edit.after ? [[edit.name, edit.after.value ?? '']] : [])));
  const { JAVA_TOOL_OPTIONS: options, ...env } = after;
  const enabled = imageEnv['OTEL_JAVAAGENT_ENABLED'];
  return {
    env: { ...env, ...(enabled === undefined ? {} : { OTEL_JAVAAGENT_ENABLED: enabled }) },
    ...(options === undefined ? {} : { options }),
    ids: findings.map((each) => each.id).filter((id) => id !== 'ghost-env' && id !== 'coupled-flag'),
  };
}

const LONG = 'n'.repeat(63);

describe('the rows of the reference that are about the change itself', () => {
  it.each<readonly [row: string, spec: ServiceSpec, expected: ReturnType<typeof outcome>]>([
    ['1: the name from a variable', running(flag, { SW_AGENT_NAME: 'foo' }), { env: { OTEL_SERVICE_NAME: 'foo' }, options: '', ids: [] }],
    [
      '5: a property before the variable',
      running(`${flag} -Dskywalking.agent.service_name=b`, { SW_AGENT_NAME: 'c' }),
      { env: { OTEL_SERVICE_NAME: 'b' }, options: '', ids: [] },
    ],
    [
      '6: a property before the variable inside a placeholder',
      running(`${flag} -DSW_AGENT_NAME=x`, { SW_AGENT_NAME: 'y' }),
      { env: { OTEL_SERVICE_NAME: 'x' }, options: '', ids: [] },
    ],
    [
      '8: a configuration file that cannot be read',
      running(`${flag} -Dskywalking_config=/cfg/agent.config`),
      { env: {}, options: '', ids: ['agent-config-unread', 'service-name-unknown'] },
    ],
    [
      '10: a group in the name',
      running(`${flag}=agent.service_name=shop::order`),
      { env: { OTEL_SERVICE_NAME: 'shop::order' }, options: '', ids: ['mapping-partial'] },
    ],
    [
      '11: a namespace',
      running(flag, { SW_AGENT_NAMESPACE: 'prod' }),
      { env: { OTEL_SERVICE_NAME: 'orders', OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=prod' }, options: '', ids: ['mapping-partial'] },
    ],
    [
      '17: options from a ConfigMap',
      {
        policy,
        configMaps: { options: { java: `${flag} -Xmx1g` } },
        container: { env: [{ name: 'JAVA_TOOL_OPTIONS', valueFrom: { configMapKeyRef: { name: 'options', key: 'java' } } }] },
      },
      { env: { OTEL_SERVICE_NAME: 'orders' }, options: '-Xmx1g', ids: ['config-map-overridden'] },
    ],
    [
      '44: an agent that is switched off',
      running(flag, { SW_AGENT_ENABLE: 'false' }),
      { env: { OTEL_SERVICE_NAME: 'orders', OTEL_JAVAAGENT_ENABLED: 'false' }, options: '', ids: [] },
    ],
    ['45: sampling', running(flag, { SW_AGENT_SAMPLE: '3' }), { env: { OTEL_SERVICE_NAME: 'orders' }, options: '', ids: ['sampling-changes'] }],
    ['48: a name that was cut', running(`${flag}=agent.service_name=${LONG}`), { env: { OTEL_SERVICE_NAME: LONG }, options: '', ids: ['service-name-cut'] }],
  ])('%s', (_row, spec, expected) => {
    expect(outcome(spec)).toEqual(expected);
  });

  it('21: another tracer blocks', () => {
    const { subject } = service(running(`${flag} -javaagent:/pp/pinpoint-bootstrap.jar`));

    const { context } = readContainer(subject.container, { facts: subject.source.platforms[0].facts, configMaps: {} });

    expect(otherAgentFindings(context)).toMatchObject([{ id: 'other-agent', severity: 'block', params: { name: 'Pinpoint' } }]);
  });
});

describe('input that nobody meant', () => {
  const read = (env: { readonly [name: string]: string }): ReturnType<typeof readContainer> => {
    const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
    return readContainer({ name: 'app', image: 'app:1', command: ['java', '-jar', 'a.jar'], env: variables }, { configMaps: {} });
  };

  it('a value of 10 MB is read, and said to be more than a process can have', () => {
    const { options } = read({ JAVA_TOOL_OPTIONS: `${flag} ${'-Da=b '.repeat(1_700_000)}` });

    expect(options.findings.map((each) => each.id)).toContain('env-too-long');
  });

  it('variables that lead to each other stay as they are written', () => {
    const { options } = read({ A: '$(B)', B: '$(A)', JAVA_TOOL_OPTIONS: `${flag} -Da=$(A) -Dc=$(JAVA_TOOL_OPTIONS)` });

    expect(options.options.slice(0, 3).map((each) => each.text)).toEqual([flag, '-Da=$(B)', '-Dc=$(JAVA_TOOL_OPTIONS)']);
  });

  it.each(['-jar', '@/app/options', '--add-exports', 'a bare word'])('what only a command line may hold blocks: %s', (option) => {
    const { options } = read({ JAVA_TOOL_OPTIONS: `${flag} ${option} x=y` });

    expect(options.findings).toContainEqual({ id: 'option-not-allowed', severity: 'block', params: { variable: 'JAVA_TOOL_OPTIONS', option } });
  });

  it('options with = are allowed everywhere, and what is not known yet is not judged', () => {
    const { options } = read({ JAVA_TOOL_OPTIONS: `${flag} --add-exports=java.base/sun.net.www=ALL-UNNAMED $(ORDERS_SERVICE_HOST)` });

    expect(options.findings.map((each) => each.id)).not.toContain('option-not-allowed');
  });

  it('a quote that is never closed blocks', () => {
    const { options } = read({ JAVA_TOOL_OPTIONS: `${flag} -Da="b` });

    expect(options.findings).toContainEqual({ id: 'unmatched-quote', severity: 'block', params: { variable: 'JAVA_TOOL_OPTIONS' } });
  });
});
