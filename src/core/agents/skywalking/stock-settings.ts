/** What becomes of a setting under OpenTelemetry: mapped, approximated by hand, or without a counterpart. `quiet` = nobody sees a difference in traces. */
export type SettingFate = 'mapped' | 'partial' | 'lost' | 'quiet';

export interface StockSetting {
  /** The variable that the stock agent.config reads it from. */
  readonly env: string;
  /** The stock value: a setting equal to it was not chosen. */
  readonly stock: string;
  readonly fate: SettingFate;
}

function setting(env: string, stock: string, fate: SettingFate): StockSetting {
  return { env, stock, fate };
}

const suffixes = '.jpg,.jpeg,.js,.css,.png,.bmp,.gif,.ico,.mp3,.mp4,.html,.svg';

/** The settings of the stock agent.config (8.x and 9.x) whose change a migration must know of, by key. */
export const stockSettings: { readonly [key: string]: StockSetting } = {
  'agent.service_name': setting('SW_AGENT_NAME', 'Your_ApplicationName', 'mapped'),
  'agent.namespace': setting('SW_AGENT_NAMESPACE', '', 'mapped'),
  'agent.cluster': setting('SW_AGENT_CLUSTER', '', 'mapped'),
  'agent.instance_name': setting('SW_AGENT_INSTANCE_NAME', '', 'mapped'),
  'agent.instance_properties_json': setting('SW_INSTANCE_PROPERTIES_JSON', '', 'partial'),
  'agent.enable': setting('SW_AGENT_ENABLE', 'true', 'mapped'),
  'collector.backend_service': setting('SW_AGENT_COLLECTOR_BACKEND_SERVICES', '127.0.0.1:11800', 'mapped'),
  'agent.sample_n_per_3_secs': setting('SW_AGENT_SAMPLE', '-1', 'mapped'),
  'agent.authentication': setting('SW_AGENT_AUTHENTICATION', '', 'partial'),
  'agent.force_tls': setting('SW_AGENT_FORCE_TLS', 'false', 'partial'),
  'agent.ssl_trusted_ca_path': setting('SW_AGENT_SSL_TRUSTED_CA_PATH', '/ca/ca.crt', 'partial'),
  'agent.ssl_key_path': setting('SW_AGENT_SSL_KEY_PATH', '', 'partial'),
  'agent.ssl_cert_chain_path': setting('SW_AGENT_SSL_CERT_CHAIN_PATH', '', 'partial'),
  'collector.grpc_upstream_timeout': setting('SW_AGENT_COLLECTOR_GRPC_UPSTREAM_TIMEOUT', '30', 'partial'),
  'agent.ignore_suffix': setting('SW_AGENT_IGNORE_SUFFIX', suffixes, 'partial'),
  'trace.ignore_path': setting('SW_AGENT_TRACE_IGNORE_PATH', '', 'partial'),
  'agent.span_limit_per_segment': setting('SW_AGENT_SPAN_LIMIT', '300', 'lost'),
  'agent.operation_name_threshold': setting('SW_AGENT_OPERATION_NAME_THRESHOLD', '150', 'lost'),
  'agent.trace_segment_ref_limit_per_span': setting('SW_TRACE_SEGMENT_LIMIT', '500', 'partial'),
  'agent.log_limit_per_span': setting('SW_LOG_LIMIT_PER_SPAN', '500', 'partial'),
  'agent.cause_exception_depth': setting('SW_AGENT_CAUSE_EXCEPTION_DEPTH', '5', 'lost'),
  'statuscheck.ignored_exceptions': setting('SW_STATUSCHECK_IGNORED_EXCEPTIONS', '', 'lost'),
  'statuscheck.max_recursive_depth': setting('SW_STATUSCHECK_MAX_RECURSIVE_DEPTH', '1', 'lost'),
  'correlation.auto_tag_keys': setting('SW_CORRELATION_AUTO_TAG_KEYS', '', 'partial'),
  'logging.level': setting('SW_LOGGING_LEVEL', 'INFO', 'partial'),
  'plugin.mount': setting('SW_MOUNT_FOLDERS', 'plugins,activations', 'partial'),
  'plugin.exclude_plugins': setting('SW_EXCLUDE_PLUGINS', '', 'partial'),
  'plugin.jdbc.trace_sql_parameters': setting('SW_JDBC_TRACE_SQL_PARAMETERS', 'false', 'partial'),
  'plugin.http.include_http_headers': setting('SW_PLUGIN_HTTP_INCLUDE_HTTP_HEADERS', '', 'partial'),
  'plugin.tomcat.collect_http_params': setting('SW_PLUGIN_TOMCAT_COLLECT_HTTP_PARAMS', 'false', 'partial'),
  'plugin.springmvc.collect_http_params': setting('SW_PLUGIN_SPRINGMVC_COLLECT_HTTP_PARAMS', 'false', 'partial'),
  'plugin.springmvc.use_qualified_name_as_endpoint_name': setting('SW_PLUGIN_SPRINGMVC_USE_QUALIFIED_NAME_AS_ENDPOINT_NAME', 'false', 'lost'),
  'plugin.mongodb.trace_param': setting('SW_PLUGIN_MONGODB_TRACE_PARAM', 'false', 'lost'),
  'plugin.elasticsearch.trace_dsl': setting('SW_PLUGIN_ELASTICSEARCH_TRACE_DSL', 'false', 'lost'),
  'meter.active': setting('SW_METER_ACTIVE', 'true', 'partial'),
  'meter.report_interval': setting('SW_METER_REPORT_INTERVAL', '20', 'partial'),
  'jvm.metrics_collect_period': setting('SW_JVM_METRICS_COLLECT_PERIOD', '1', 'partial'),
  'profile.active': setting('SW_AGENT_PROFILE_ACTIVE', 'true', 'quiet'),
  'plugin.toolkit.log.grpc.reporter.server_host': setting('SW_GRPC_LOG_SERVER_HOST', '127.0.0.1', 'partial'),
  'plugin.kafka.bootstrap_servers': setting('SW_KAFKA_BOOTSTRAP_SERVERS', 'localhost:9092', 'lost'),
};
