import { escapeReferences } from '../../jvm/expand-references.ts';
import type { AgentSetting } from '../agent.ts';
import { stockSettings } from './stock-settings.ts';

interface ExactVariable {
  readonly name: string;
  /** The value in OpenTelemetry's unit; undefined for a text that has none. */
  readonly convert: (value: string) => string | undefined;
}

const count = (factor: number) => (value: string) => (/^\d{1,6}$/.test(value) ? String(Number(value) * factor) : undefined);

/** Settings with one variable of the same meaning, by key. */
const exact: { readonly [key: string]: ExactVariable } = {
  'collector.grpc_upstream_timeout': { name: 'OTEL_EXPORTER_OTLP_TIMEOUT', convert: count(1000) },
  'agent.trace_segment_ref_limit_per_span': { name: 'OTEL_SPAN_LINK_COUNT_LIMIT', convert: count(1) },
  'agent.log_limit_per_span': { name: 'OTEL_SPAN_EVENT_COUNT_LIMIT', convert: count(1) },
  'plugin.http.include_http_headers': {
    name: 'OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS',
    convert: (value) => (/^[\w-]+(?:\s*,\s*[\w-]+)*$/.test(value) ? value : undefined),
  },
};

/** The variables' names: the workload's and the policy's own values go before them. */
export const exactVariableNames: ReadonlySet<string> = new Set(Object.values(exact).map(({ name }) => name));

/** The variable that says the same as a setting somebody chose, as a pod field holds it; undefined where there is none, or the value is the default or not known. */
export function exactVariable(key: string, { value, unresolved, isDefault }: AgentSetting): readonly [name: string, value: string] | undefined {
  const variable = Object.hasOwn(exact, key) ? exact[key] : undefined;
  if (variable === undefined || unresolved || isDefault || value === stockSettings[key]?.stock) return undefined;
  const converted = variable.convert(value);
  return converted === undefined ? undefined : [variable.name, escapeReferences(converted)];
}
