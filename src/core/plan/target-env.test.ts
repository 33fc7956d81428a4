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
