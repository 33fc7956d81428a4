import { around, type Params } from './say.ts';

/** What becomes of a SkyWalking setting that has no exact counterpart, and what to do about it, by its key. */
const advice: readonly (readonly [key: RegExp, text: string])[] = [
  [/^agent\.service_name$/, 'the group stays a part of service.name; to split it, use spec.to.serviceName'],
  [/^agent\.namespace$/, 'it becomes service.namespace; services on the old agent are called name|namespace|cluster until they follow'],
  [/^agent\.cluster$/, 'it becomes k8s.cluster.name; the old agent also put it before its peers'],
  [/^agent\.instance_(?:properties|uuid)/, 'scalars become resource attributes; lists, and names that would be an identity or a credential, do not'],
  [/^agent\.enable$/, 'only the cluster knows whether it is off, so the new agent starts'],
  [/^agent\.force_tls$/, "whether the connection is encrypted is the endpoint's: use https in spec.to.env"],
  [
    /^agent\.ssl_/,
    'it counts with an https endpoint and an absolute path alone: set OTEL_EXPORTER_OTLP_CERTIFICATE, _CLIENT_KEY and _CLIENT_CERTIFICATE in spec.to.env',
  ],
  [/^agent\.ignore_suffix$|ignore_path$/, 'the bridge drops what begins so (span names differ a little); without the bridge, filter url.path in the collector'],
  [/^agent\.span_limit_per_segment$/, 'no limit on the spans of a trace; OTEL_BSP_MAX_QUEUE_SIZE bounds the memory they take'],
  [/^agent\.operation_name_threshold$/, 'names of spans are not cut'],
  [/^agent\.cause_exception_depth$/, 'the whole stack trace of an exception is recorded'],
  [/^statuscheck\./, 'every exception that leaves a span makes it an error'],
  [/^correlation\./, 'correlation becomes baggage, which is spelt otherwise and reaches other services'],
  [/^logging\./, 'the new agent knows debug or nothing, and must print the line that proves it started'],
  [/^plugin\.mount$/, 'the new agent has no folders of plugins: switch instrumentations with OTEL_INSTRUMENTATION_<NAME>_ENABLED'],
  [/^plugin\.exclude_plugins$/, 'instrumentations are cut otherwise than plugins: one may cover more'],
  [/trace_sql_parameters$/, 'parameters are recorded by 2.x alone, and statements are then no longer masked'],
  [/(?:_max_length|_length_threshold)$/, 'there is one limit, on every attribute'],
  [/collect_http_params$/, 'parameters are recorded by 2.31 and later, all of them, for every servlet'],
  [/use_qualified_name_as_endpoint_name$/, 'endpoints are named by their routes'],
  [/^plugin\.(?:mongodb|redis|jedis|lettuce|redisson|elasticsearch)\./, 'statements are recorded with their values masked'],
  [/^plugin\.(?:springannotation|customize)/, 'name the methods in OTEL_INSTRUMENTATION_METHODS_INCLUDE=Class[method]; it takes no patterns'],
  [/^plugin\.kafka\./, 'spans no longer go through Kafka: pods must be let out to the OTLP endpoint (NetworkPolicy)'],
  [/^(?:log|plugin\.toolkit\.log)\./, 'log lines go out with spec.to.signals.logs: otlp, or not at all'],
  [/^(?:meter|jvm)\./, 'metrics go out with spec.to.signals.metrics, under other names (jvm.*)'],
  [/^(?:profile|asyncprofiler|pprof)\./, 'there is no profiler'],
  [/^plugin\.cpupolicy\./, 'nothing holds it back under load'],
];

/** `the old agent's setting k=v is carried over in part: …`. */
export function partialText(p: Params): string {
  const as = around(' as ', p('as'));
  return `the old agent's setting ${p('key')}=${p('value')} is carried over in part${as}${around(': ', adviceFor(p('key')))}${around('; no counterpart is known for ', p('unknown'))}`;
}

/** `the old agent's setting k=v has no counterpart and is lost: …`. */
export function lostText(p: Params): string {
  return `the old agent's setting ${p('key')}=${p('value')} has no counterpart and is lost${around(': ', adviceFor(p('key')))}`;
}

function adviceFor(key: string): string {
  return advice.find(([pattern]) => pattern.test(key))?.[1] ?? '';
}
