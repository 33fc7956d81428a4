import { escapeReferences } from '../../jvm/expand-references.ts';
import type { AgentSetting } from '../agent.ts';
import { excludedInstrumentations } from './plugin-names.ts';
import { stockSettings } from './stock-settings.ts';

/** What of the new agent decides how a setting is said. */
export interface TargetAgent {
  /** Of its jar: 1.x and 2.x have other names and defaults. */
  readonly major: number;
  readonly minor: number;
  /** Spans go to an https endpoint. */
  readonly secure: boolean;
  /** It sends metrics at all. */
  readonly metrics: boolean;
}

/** The variables that say a setting, as a pod's field holds them; `partial` = not the whole of it, or more than it. */
export interface MappedVariables {
  readonly kind: 'exact' | 'partial';
  readonly env: { readonly [name: string]: string };
}

/** An agent of 2.x as the policy's defaults configure it. */
export const newestTarget: TargetAgent = { major: 2, minor: 33, secure: false, metrics: false };

type Say = (value: string, target: TargetAgent) => { readonly [name: string]: string } | undefined;

const count =
  (name: string, factor = 1): Say =>
  (value) =>
    /^\d{1,6}$/.test(value) ? { [name]: String(Number(value) * factor) } : undefined;
const list =
  (name: string): Say =>
  (value) =>
    /^[\w.-]+(?:\s*,\s*[\w.-]+)*$/.test(value) ? { [name]: value } : undefined;
/** The old agent takes paths from its own folder, so only absolute ones are known. */
const file =
  (name: string): Say =>
  (value, { secure }) =>
    secure && value.startsWith('/') ? { [name]: value } : undefined;
const isTrue = (value: string): boolean => value.toLowerCase() === 'true';

const lengthLimit: Say = count('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT');
const queryParameters: Say = (value, { major }) =>
  isTrue(value) && major >= 2 ? { OTEL_INSTRUMENTATION_JDBC_EXPERIMENTAL_CAPTURE_QUERY_PARAMETERS: 'true' } : undefined;
const requestParameters: Say = (value, { major, minor }) =>
  isTrue(value) && (major > 2 || (major === 2 && minor >= 31)) ? { OTEL_INSTRUMENTATION_SERVLET_EXPERIMENTAL_REQUEST_PARAMETERS_INCLUDED: '*' } : undefined;
const metricInterval: Say = (value, target) => (target.metrics ? count('OTEL_METRIC_EXPORT_INTERVAL', 1000)(value, target) : undefined);
const excluded: Say = (value) => {
  const { names } = excludedInstrumentations(value);
  return names.length === 0
    ? undefined
    : Object.fromEntries(names.map((name) => [`OTEL_INSTRUMENTATION_${name.toUpperCase().replaceAll('-', '_')}_ENABLED`, 'false']));
};

const exact: { readonly [key: string]: Say } = {
  'collector.grpc_upstream_timeout': count('OTEL_EXPORTER_OTLP_TIMEOUT', 1000),
  'agent.trace_segment_ref_limit_per_span': count('OTEL_SPAN_LINK_COUNT_LIMIT'),
  'agent.log_limit_per_span': count('OTEL_SPAN_EVENT_COUNT_LIMIT'),
  'plugin.http.include_http_headers': list('OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS'),
  'agent.ssl_trusted_ca_path': file('OTEL_EXPORTER_OTLP_CERTIFICATE'),
  'agent.ssl_key_path': file('OTEL_EXPORTER_OTLP_CLIENT_KEY'),
  'agent.ssl_cert_chain_path': file('OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'),
};

const partial: { readonly [key: string]: Say } = {
  'correlation.auto_tag_keys': list('OTEL_JAVA_EXPERIMENTAL_SPAN_ATTRIBUTES_COPY_FROM_BAGGAGE_INCLUDE'),
  'logging.level': (value) => (/^(?:debug|trace)$/i.test(value) ? { OTEL_JAVAAGENT_DEBUG: 'true' } : undefined),
  'plugin.exclude_plugins': excluded,
  'plugin.jdbc.trace_sql_parameters': queryParameters,
  'plugin.mysql.trace_sql_parameters': queryParameters,
  'plugin.postgresql.trace_sql_parameters': queryParameters,
  'plugin.mariadb.trace_sql_parameters': queryParameters,
  'plugin.tomcat.collect_http_params': requestParameters,
  'plugin.springmvc.collect_http_params': requestParameters,
  'meter.report_interval': metricInterval,
  'jvm.metrics_collect_period': metricInterval,
};

/** Limits on one kind of text; the new agent has one for all attributes. */
const lengthKey = /^plugin\..*(?:_max_length|_length_threshold)$/;

/** Variables that hold lists: a value of the fleet's and one of the workload's are joined. */
export const listVariables: ReadonlySet<string> = new Set([
  'OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS',
  'OTEL_JAVA_EXPERIMENTAL_SPAN_ATTRIBUTES_COPY_FROM_BAGGAGE_INCLUDE',
]);

/** The variables for a setting somebody chose; undefined where there are none, or the value is the default or not known. */
export function mappedVariables(key: string, { value, unresolved, isDefault }: AgentSetting, target: TargetAgent): MappedVariables | undefined {
  if (unresolved || isDefault || value === '' || value === stockSettings[key]?.stock) return undefined;
  const kind = Object.hasOwn(exact, key) ? 'exact' : 'partial';
  const say = kind === 'exact' ? exact[key] : Object.hasOwn(partial, key) ? partial[key] : lengthKey.test(key) ? lengthLimit : undefined;
  const env = say?.(value, target);
  return env && { kind, env: Object.fromEntries(Object.entries(env).map(([name, text]) => [name, escapeReferences(text)])) };
}
