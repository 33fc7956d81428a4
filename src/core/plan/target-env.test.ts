import { describe, expect, it } from 'vitest';
import { changed, javaImage, service, SWJ, type ServiceSpec } from '../../../test/builders/service.ts';
import type { JsonObject } from '../json.ts';
import { imageEnv } from './target-env.ts';

const files = { path: 'agent.jar' };
const flag = { name: 'JAVA_TOOL_OPTIONS', value: `-javaagent:${SWJ}` };
const sampled = { name: 'JDK_JAVA_OPTIONS', value: '-Dskywalking.agent.sample_n_per_3_secs=3' };

function withPolicy(to: JsonObject, env: readonly { readonly name: string; readonly value: string }[] = []): ServiceSpec {
  return { container: { env: [flag, ...env] }, image: javaImage(), policy: { to: { files, ...to } } };
}

describe('the sampler', () => {
  it.each([
    ['parentbased_always_on', { OTEL_TRACES_SAMPLER: 'parentbased_always_on' }],
    ['parentbased_traceidratio=0.25', { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }],
    [
      'parentbased_jaeger_remote=endpoint=http://j:14250,pollingIntervalMs=5000',
      { OTEL_TRACES_SAMPLER: 'parentbased_jaeger_remote', OTEL_TRACES_SAMPLER_ARG: 'endpoint=http://j:14250,pollingIntervalMs=5000' },
    ],
  ])('%s goes into the image', (sampler, env) => {
    expect(changed(withPolicy({ sampler }), 'takeover').env).toMatchObject(env);
  });

  it('must be chosen where the old agent sampled, in either place, and is said', () => {
    const samplingOf = (to: JsonObject): readonly (readonly unknown[])[] =>
      changed(withPolicy(to, [sampled]), 'takeover')
        .findings.filter((each) => each.id.startsWith('sampling'))
        .map(({ id, severity }) => [id, severity]);

    expect(samplingOf({})).toEqual([['sampling-changes', 'block']]);
    expect(samplingOf({ sampler: 'parentbased_always_on' })).toEqual([['sampling-chosen', 'info']]);
    expect(samplingOf({ env: { OTEL_TRACES_SAMPLER: 'parentbased_always_on' } })).toEqual([['sampling-chosen', 'info']]);
  });

  it("gives way to the workload's own, which is said", () => {
    const change = changed(withPolicy({ sampler: 'parentbased_always_on' }, [{ name: 'OTEL_TRACES_SAMPLER', value: 'always_off' }]), 'takeover');

    expect(change.env).not.toHaveProperty('OTEL_TRACES_SAMPLER');
    expect(change.findings).toContainEqual({ id: 'env-overridden', severity: 'info', params: { name: 'OTEL_TRACES_SAMPLER', by: 'pod env' } });
  });

  it.each(['always_on', 'traceidratio=0.1', 'parentbased_traceidratio', 'parentbased_traceidratio=2', 'parentbased_traceidratio=x'])(
    'is never %s',
    (sampler) => {
      expect(() => changed(withPolicy({ sampler }))).toThrow(/spec\.to\.sampler: must be parentbased_always_on/);
    },
  );
});

describe("the exporter's protocol", () => {
  it.each([
    ['2.33.1', 'http://c:4317', 'grpc'],
    ['2.33.1', 'http://c:4318', undefined],
    ['1.32.0', 'http://c:4317', undefined],
    ['1.32.0', 'http://c:4318/', 'http/protobuf'],
  ])('of %s follows the port of %s where that is not its default', (version, endpoint, protocol) => {
    const { policy } = service(withPolicy({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } })).context;
    const { config } = service(withPolicy({})).subject.source.platforms[0].facts;

    expect(imageEnv(policy, config, { container: { name: 'a', image: 'b' }, version }).env['OTEL_EXPORTER_OTLP_PROTOCOL']).toBe(protocol);
  });
});

describe('an Instrumentation manifest', () => {
  const manifest = (spec: JsonObject): JsonObject => ({ apiVersion: 'opentelemetry.io/v1alpha1', kind: 'Instrumentation', spec });
  const secret = { secretKeyRef: { name: 'otlp', key: 'headers' } };

  it('goes after the policy and the workload, and before the old agent', () => {
    const spec = {
      exporter: { endpoint: 'http://manifest:4317' },
      sampler: { type: 'parentbased_always_off' },
      env: [
        { name: 'OTEL_EXPORTER_OTLP_TIMEOUT', value: '5' },
        { name: 'OTEL_A', value: 'manifest' },
        { name: 'OTEL_B', value: 'manifest' },
      ],
    };
    const old = { name: 'JDK_JAVA_OPTIONS', value: '-Dskywalking.collector.grpc_upstream_timeout=9' };
    const to = { instrumentation: manifest(spec), sampler: 'parentbased_always_on', env: { OTEL_A: 'policy' } };

    const change = changed(withPolicy(to, [old, { name: 'OTEL_B', value: 'own' }]), 'takeover');

    expect(change.env).toMatchObject({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://manifest:4317',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_TRACES_SAMPLER: 'parentbased_always_on',
      OTEL_EXPORTER_OTLP_TIMEOUT: '5',
      OTEL_A: 'policy',
    });
    expect(change.env).not.toHaveProperty('OTEL_B');
    expect(change.edits.map((edit) => edit.kind)).toEqual(['image']);
  });

  it('keeps Secrets as references in the pod, and says that they must be there', () => {
    const spec = { java: { env: [{ name: 'OTEL_EXPORTER_OTLP_HEADERS', valueFrom: secret }] } };

    const change = changed(withPolicy({ instrumentation: manifest(spec) }), 'takeover');

    expect(change.edits).toContainEqual({
      kind: 'env',
      container: 'orders',
      name: 'OTEL_EXPORTER_OTLP_HEADERS',
      before: null,
      after: { name: 'OTEL_EXPORTER_OTLP_HEADERS', valueFrom: secret },
    });
    expect(change.findings.map((each) => each.id)).toEqual(expect.arrayContaining(['ghost-env', 'secret-must-exist']));
  });

  it('joins its attributes with those of the workload, after the variables they refer to', () => {
    const env = [
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'OTEL_RESOURCE_ATTRIBUTES', value: 'k8s.pod.name=$(POD_NAME)' },
    ];
    const old = { name: 'JDK_JAVA_OPTIONS', value: '-Dskywalking.agent.cluster=east' };
    const spec = withPolicy({ bridge: false, instrumentation: manifest({ env }) }, [old]);

    const added = changed(spec, 'takeover').edits.flatMap((edit) => (edit.kind === 'env' ? [[edit.name, edit.after?.value]] : []));

    expect(added.map(([name]) => name).filter((name) => name !== 'OTEL_SERVICE_NAME')).toEqual(['POD_NAME', 'OTEL_RESOURCE_ATTRIBUTES']);
    expect(added).toContainEqual(['OTEL_RESOURCE_ATTRIBUTES', 'k8s.pod.name=$(POD_NAME),k8s.cluster.name=east']);
  });

  it('must be one', () => {
    expect(() => changed(withPolicy({ instrumentation: { apiVersion: 'v1', kind: 'Pod', spec: {} } }))).toThrow(/spec\.to\.instrumentation/);
  });
});

describe('extensions', () => {
  const extensions = [{ path: 'ext.jar' }];

  it('are loaded with the bridge and without it', () => {
    for (const bridge of [true, false])
      expect(changed(withPolicy({ bridge, extensions }), 'takeover').env).toMatchObject({ OTEL_JAVAAGENT_EXTENSIONS: '/changeover/extensions' });
  });

  it('are missed where the workload loads the bridge alone, which is said', () => {
    const own = { name: 'OTEL_JAVAAGENT_EXTENSIONS', value: '/changeover/extensions/changeover-bridge.jar' };

    const { findings } = changed(withPolicy({ extensions }, [own]), 'takeover');

    expect(findings.map((each) => each.id)).toContain('extensions-hidden');
  });
});
