import { describe, expect, it } from 'vitest';
import { findingText } from '../../../cli/render/messages/finding-text.ts';
import type { AgentSettings } from '../agent.ts';
import { mapSettings } from './map-to-opentelemetry.ts';
import { newestTarget, type TargetAgent } from './mapped-variables.ts';
import { excludedInstrumentations } from './plugin-names.ts';

type Row = readonly [key: string, value: string, env: { readonly [name: string]: string }, kind: 'exact' | 'part' | 'lost' | 'drop' | 'block'];

function map(key: string, value: string, target: Partial<TargetAgent> = {}): ReturnType<typeof mapSettings> {
  const values: AgentSettings['values'] = { [key]: { value, source: `-Dskywalking.${key}` } };
  return mapSettings({ values, findings: [] }, { agent: { ...newestTarget, ...target } });
}

function kindOf({ findings }: ReturnType<typeof mapSettings>): string {
  const [first] = findings;
  if (!first) return 'none';
  return { 'mapping-partial': 'part', 'mapping-lost': 'lost', 'backend-replaced': 'drop', 'sampling-changes': 'block' }[first.id] ?? first.id;
}

const attributes = (text: string): Row[2] => ({ OTEL_RESOURCE_ATTRIBUTES: text });

const rows: readonly Row[] = [
  ['agent.service_name', 'orders', { OTEL_SERVICE_NAME: 'orders' }, 'exact'],
  ['agent.service_name', 'shop::orders', { OTEL_SERVICE_NAME: 'shop::orders' }, 'part'],
  ['agent.namespace', 'prod', attributes('service.namespace=prod'), 'part'],
  ['agent.cluster', 'east', attributes('k8s.cluster.name=east'), 'part'],
  ['agent.instance_name', 'i1', attributes('service.instance.id=i1'), 'exact'],
  ['agent.instance_uuid', 'i1', attributes('service.instance.id=i1'), 'part'],
  ['agent.instance_properties_json', '{"zone":"a","deep":{"b":true}}', attributes('zone=a,deep.b=true'), 'part'],
  ['agent.instance_properties[zone]', 'a', attributes('zone=a'), 'part'],
  ['agent.enable', 'false', { OTEL_JAVAAGENT_ENABLED: 'false' }, 'exact'],
  ['collector.backend_service', 'oap:11800', {}, 'drop'],
  ['agent.force_tls', 'true', {}, 'part'],
  ['agent.ssl_trusted_ca_path', '/certs/ca.crt', {}, 'part'],
  ['collector.grpc_upstream_timeout', '7', { OTEL_EXPORTER_OTLP_TIMEOUT: '7000' }, 'exact'],
  ['collector.heartbeat_period', '60', {}, 'exact'],
  ['agent.sample_n_per_3_secs', '3', {}, 'block'],
  ['agent.ignore_suffix', '.js', {}, 'part'],
  ['trace.ignore_path', '/health', {}, 'part'],
  ['agent.span_limit_per_segment', '1000', {}, 'lost'],
  ['agent.trace_segment_ref_limit_per_span', '64', { OTEL_SPAN_LINK_COUNT_LIMIT: '64' }, 'exact'],
  ['agent.log_limit_per_span', '10', { OTEL_SPAN_EVENT_COUNT_LIMIT: '10' }, 'exact'],
  ['agent.operation_name_threshold', '500', {}, 'lost'],
  ['agent.cause_exception_depth', '9', {}, 'lost'],
  ['statuscheck.ignored_exceptions', 'a.B', {}, 'lost'],
  ['agent.keep_tracing', 'true', {}, 'exact'],
  ['buffer.buffer_size', '900', {}, 'exact'],
  ['correlation.auto_tag_keys', 'user, tenant', { OTEL_JAVA_EXPERIMENTAL_SPAN_ATTRIBUTES_COPY_FROM_BAGGAGE_INCLUDE: 'user, tenant' }, 'part'],
  ['logging.level', 'DEBUG', { OTEL_JAVAAGENT_DEBUG: 'true' }, 'part'],
  ['logging.level', 'OFF', {}, 'part'],
  ['logging.dir', '/logs', {}, 'exact'],
  ['plugin.mount', 'plugins', {}, 'part'],
  [
    'plugin.exclude_plugins',
    'tomcat-7.x/8.x,spring-mvc-annotation-5.x',
    { OTEL_INSTRUMENTATION_TOMCAT_ENABLED: 'false', OTEL_INSTRUMENTATION_SPRING_WEBMVC_ENABLED: 'false' },
    'part',
  ],
  ['plugin.exclude_plugins', 'homemade', {}, 'part'],
  ['plugin.jdbc.trace_sql_parameters', 'true', { OTEL_INSTRUMENTATION_JDBC_EXPERIMENTAL_CAPTURE_QUERY_PARAMETERS: 'true' }, 'part'],
  ['plugin.mysql.trace_sql_parameters', 'true', { OTEL_INSTRUMENTATION_JDBC_EXPERIMENTAL_CAPTURE_QUERY_PARAMETERS: 'true' }, 'part'],
  ['plugin.jdbc.sql_body_max_length', '4096', { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '4096' }, 'part'],
  ['plugin.http.http_params_length_threshold', '512', { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '512' }, 'part'],
  ['plugin.http.include_http_headers', 'x-user', { OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'x-user' }, 'exact'],
  ['plugin.tomcat.collect_http_params', 'true', { OTEL_INSTRUMENTATION_SERVLET_EXPERIMENTAL_REQUEST_PARAMETERS_INCLUDED: '*' }, 'part'],
  ['plugin.springmvc.collect_http_params', 'true', { OTEL_INSTRUMENTATION_SERVLET_EXPERIMENTAL_REQUEST_PARAMETERS_INCLUDED: '*' }, 'part'],
  ['plugin.springmvc.use_qualified_name_as_endpoint_name', 'true', {}, 'lost'],
  ['plugin.mongodb.trace_param', 'true', {}, 'lost'],
  ['plugin.redisson.show_batch_commands', 'true', {}, 'lost'],
  ['plugin.springannotation.classname_match_regex', 'a.*', {}, 'part'],
  ['plugin.kafka.bootstrap_servers', 'kafka:9092', {}, 'lost'],
  ['plugin.toolkit.log.grpc.reporter.server_host', 'oap', {}, 'part'],
  ['log.max_message_size', '1', {}, 'part'],
  ['meter.report_interval', '15', {}, 'part'],
  ['profile.max_duration', '10', {}, 'lost'],
  ['asyncprofiler.active', 'true', {}, 'lost'],
  ['plugin.cpupolicy.sample_cpu_usage_percent_limit', '80', {}, 'lost'],
];

describe('the mapping table', () => {
  it.each(rows)('%s=%s', (key, value, env, kind) => {
    const mapped = map(key, value);

    expect(mapped.env).toEqual(env);
    expect(kindOf(mapped)).toBe(kind === 'exact' ? 'none' : kind);
  });

  it('has words for everything that is not carried over as it was', () => {
    const texts = rows.filter(([, , , kind]) => kind === 'part' || kind === 'lost').flatMap(([key, value]) => map(key, value).findings.map(findingText));

    expect(texts.filter((text) => !/(?:carried over in part|is lost).*: /.test(text))).toEqual([]);
  });

  it.each([
    ['agent.ssl_trusted_ca_path', '/certs/ca.crt', { OTEL_EXPORTER_OTLP_CERTIFICATE: '/certs/ca.crt' }],
    ['agent.ssl_key_path', '/certs/key', { OTEL_EXPORTER_OTLP_CLIENT_KEY: '/certs/key' }],
    ['agent.ssl_cert_chain_path', '/certs/crt', { OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: '/certs/crt' }],
    ['agent.force_tls', 'true', {}],
  ])('says %s exactly where the endpoint is https', (key, value, env) => {
    expect(map(key, value, { secure: true })).toEqual({ env, findings: [] });
  });

  it('does not say a path that only the old agent can complete', () => {
    expect(kindOf(map('agent.ssl_trusted_ca_path', 'ca/ca.crt', { secure: true }))).toBe('part');
  });

  it('says an interval of metrics where there are metrics', () => {
    expect(map('meter.report_interval', '15', { metrics: true }).env).toEqual({ OTEL_METRIC_EXPORT_INTERVAL: '15000' });
  });

  it.each([
    ['plugin.jdbc.trace_sql_parameters', { major: 1, minor: 33 }],
    ['plugin.tomcat.collect_http_params', { major: 2, minor: 30 }],
    ['plugin.tomcat.collect_http_params', { major: 1, minor: 33 }],
  ])('does not say %s to a version that does not know it: %j', (key, target) => {
    expect(map(key, 'true', target)).toMatchObject({ env: {}, findings: [{ id: 'mapping-partial', severity: 'warn' }] });
  });

  it('lets the loosest of several limits hold', () => {
    const limit = (value: string): AgentSettings['values'][string] => ({ value, source: 'x' });
    const values = { 'plugin.jdbc.sql_body_max_length': limit('4096'), 'plugin.http.http_headers_length_threshold': limit('900') };

    expect(mapSettings({ values, findings: [] }, {}).env).toEqual({ OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '4096' });
  });

  it('never shows or carries a token', () => {
    expect(JSON.stringify(map('agent.instance_properties_json', '{"token":"s3cr3t","deep":{"password":"s3cr3t"}}'))).not.toContain('s3cr3t');
  });
});

describe('excludedInstrumentations', () => {
  it.each([
    ['mysql-8.x,postgresql-8.x', ['jdbc'], []],
    ['kafka-0.11.x/1.x/2.x', ['kafka'], []],
    ['spring-cloud-gateway-3.x', ['spring-cloud-gateway'], []],
    ['Tomcat', ['tomcat'], []],
    ['homemade, tomcat', ['tomcat'], ['homemade']],
    ['', [], []],
  ])('%s', (list, names, unknown) => {
    expect(excludedInstrumentations(list)).toEqual({ names, unknown });
  });
});
