import type { Finding } from '../../finding.ts';
import { isJsonObject } from '../../json.ts';
import { escapeReferences } from '../../jvm/expand-references.ts';
import { isSecretName, redactValue } from '../../redact.ts';
import type { AgentSetting, AgentSettings } from '../agent.ts';
import { mappedVariables, newestTarget, type TargetAgent } from './mapped-variables.ts';
import { excludedInstrumentations } from './plugin-names.ts';
import { stockSettings, type SettingFate } from './stock-settings.ts';

export interface MappedSettings {
  /** Values as a pod field holds them: literal `$(` is escaped, references stay live. Append them after the variables they name. */
  readonly env: { readonly [name: string]: string };
  readonly findings: readonly Finding[];
}

export interface MappingTarget {
  /** A template's result: it beats the old name. */
  readonly serviceName?: string;
  /** The old settings stay in place, and the bridge reads them at start. */
  readonly readsSettings?: boolean;
  /** The sampler somebody chose for the new agent. */
  readonly sampler?: string;
  readonly agent?: TargetAgent;
}

/** Settings that become a sampler of the bridge; its names of spans differ a little from SkyWalking's. */
const ignoreRules = new Set(['agent.ignore_suffix', 'trace.ignore_path']);

/**
 * Says SkyWalking's settings in OpenTelemetry's words. Exact: service name, namespace, instance, cluster, `agent.enable=false`, and what `mappedVariables`
 * calls so. Everything else that somebody chose and that changes what traces show becomes a finding: `sampling-changes` (block),
 * `mapping-partial`, `mapping-lost`.
 */
export function mapSettings(settings: AgentSettings, target: MappingTarget): MappedSettings {
  const { values } = settings;
  const name = target.serviceName === undefined ? printSetting(values['agent.service_name']) : escapeReferences(target.serviceName);
  const attributes = resourceAttributes(values);
  return {
    env: {
      ...(name === '' ? {} : { OTEL_SERVICE_NAME: name }),
      ...(attributes === '' ? {} : { OTEL_RESOURCE_ATTRIBUTES: attributes }),
      ...(isDisabled(values['agent.enable']) ? { OTEL_JAVAAGENT_ENABLED: 'false' } : {}),
      ...variablesOf(values, target.agent ?? newestTarget),
    },
    findings: Object.entries(values).flatMap(([key, setting]) => findingsFor(key, setting, target)),
  };
}

/** Of several limits of one name the loosest holds, so that nothing is cut that was whole. */
function variablesOf(values: AgentSettings['values'], agent: TargetAgent): MappedSettings['env'] {
  const pairs = Object.entries(values).flatMap(([key, setting]) => Object.entries(mappedVariables(key, setting, agent)?.env ?? {}));
  const env: Record<string, string> = {};
  for (const [name, value] of pairs) env[name] = Number(env[name] ?? 0) > Number(value) ? (env[name] ?? value) : value;
  return env;
}

/** A setting as a pod field holds it: literal `$(` escaped, references live; empty where there is none. */
export function printSetting(setting: AgentSetting | undefined): string {
  return setting === undefined ? '' : escapeReferences(setting.value, setting.unresolved);
}

/** Whether `agent.enable` switches the agent off: as Java reads it, whatever is neither empty nor `true`. */
export function isDisabled(setting: AgentSetting | undefined): boolean {
  return setting !== undefined && setting.value !== '' && !setting.unresolved && setting.value.toLowerCase() !== 'true';
}

function resourceAttributes(values: AgentSettings['values']): string {
  const named: readonly (readonly [string, AgentSetting | undefined])[] = [
    ['service.namespace', values['agent.namespace']],
    ['service.instance.id', values['agent.instance_name'] ?? values['agent.instance_uuid']],
    ['k8s.cluster.name', values['agent.cluster']],
    ...instanceProperties(values['agent.instance_properties_json']),
    ...mappedProperties(values),
  ];
  return named.flatMap(([key, setting]) => (setting === undefined || setting.value === '' ? [] : [`${key}=${encode(setting)}`])).join(',');
}

/** The scalars of `agent.instance_properties_json`; names that would take an identity's place, or hide a credential, are left out. */
function instanceProperties(setting: AgentSetting | undefined): readonly (readonly [string, AgentSetting])[] {
  if (setting === undefined || setting.value === '') return [];
  try {
    const parsed: unknown = JSON.parse(setting.value);
    const entries = isJsonObject(parsed) ? Object.entries(parsed) : [];
    return entries.flatMap(([key, value]) => flatten(key, value)).map(([key, value]) => [key, { ...setting, value }] as const);
  } catch {
    return [];
  }
}

/** `agent.instance_properties[zone]=a`, as agents before 8.11 have them. */
function mappedProperties(values: AgentSettings['values']): readonly (readonly [string, AgentSetting])[] {
  return Object.entries(values).flatMap(([key, setting]) => {
    const name = /^agent\.instance_properties\[([\w.-]+)\]$/.exec(key)?.[1];
    return name === undefined || name.startsWith('service.') || isSecretName(name) ? [] : [[name, setting] as const];
  });
}

/** Scalars by their dotted names. */
function flatten(key: string, value: unknown): readonly (readonly [string, string])[] {
  if (!/^[\w.-]+$/.test(key) || key.startsWith('service.') || isSecretName(key)) return [];
  if (isJsonObject(value)) return Object.entries(value).flatMap(([name, member]) => flatten(`${key}.${name}`, member));
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[key, String(value)]] : [];
}

/** Percent-encoded as the SDK decodes it; live references stay as they are, so their values must need no encoding. */
function encode({ value, unresolved = [] }: AgentSetting): string {
  const parts = value.split(/(\$\([^)]*\))/);
  return parts.map((part) => (unresolved.includes(part.slice(2, -1)) && part.startsWith('$(') ? part : encodeURIComponent(part))).join('');
}

/** What Java reads as a number above 0; it ignores other texts. A value that only the cluster knows may be a rate. */
function isRate({ value, unresolved }: AgentSetting): boolean {
  return unresolved !== undefined || (/^\+?\d+$/.test(value) && Number(value) > 0);
}

function findingsFor(key: string, setting: AgentSetting, { readsSettings, sampler, agent = newestTarget }: MappingTarget): readonly Finding[] {
  const { value: exactValue } = setting;
  const value = key.startsWith('agent.instance_properties') && isSecretName(exactValue) ? '***' : redactValue(key, exactValue);
  const stock = stockSettings[key];
  if (key === 'agent.sample_n_per_3_secs') {
    if (!isRate(setting)) return [];
    return [
      sampler === undefined
        ? { id: 'sampling-changes', severity: 'block', params: { key, value } }
        : { id: 'sampling-chosen', severity: 'info', params: { key, value, sampler } },
    ];
  }
  if (key === 'collector.backend_service') return setting.isDefault ? [] : [{ id: 'backend-replaced', severity: 'info', params: { key, value } }];
  if (key === 'agent.service_name' && exactValue.includes('::')) return [{ id: 'mapping-partial', severity: 'info', params: { key, value } }];
  if (setting.isDefault || exactValue === '' || exactValue === stock?.stock) return [];
  const said = mappedVariables(key, setting, agent);
  if (said?.kind === 'exact') return [];
  if (said) return [{ id: 'mapping-partial', severity: 'warn', params: { key, value, as: Object.keys(said.env), ...unknownPlugins(key, exactValue) } }];
  if (key === 'agent.force_tls' && agent.secure) return [];
  if (key === 'agent.enable') return setting.unresolved ? [{ id: 'mapping-partial', severity: 'warn', params: { key, value } }] : [];
  const isOlderName = /^agent\.instance_(?:uuid$|properties\[)/.test(key);
  // The bridge reads the names of later agents.
  if (isOlderName && readsSettings) return [{ id: 'mapping-lost', severity: 'warn', params: { key, value } }];
  const isKept = readsSettings === true && ignoreRules.has(key);
  if (isKept || isOlderName || key === 'agent.cluster' || key === 'agent.namespace')
    return [{ id: 'mapping-partial', severity: 'info', params: { key, value } }];
  const fate = stock?.fate ?? fateOf(key);
  if (fate === 'partial' || fate === 'lost') return [{ id: `mapping-${fate}`, severity: stock ? 'warn' : 'info', params: { key, value } }];
  return [];
}

function unknownPlugins(key: string, value: string): { readonly unknown?: readonly string[] } {
  const unknown = key === 'plugin.exclude_plugins' ? excludedInstrumentations(value).unknown : [];
  return unknown.length === 0 ? {} : { unknown };
}

/** Of settings the stock file does not have. */
function fateOf(key: string): SettingFate {
  if (/^plugin\.(?:springannotation|customize|toolkit\.log|customizeenhance)\b|^log\./.test(key)) return 'partial';
  return /^(?:plugin|profile|asyncprofiler|pprof)\./.test(key) ? 'lost' : 'quiet';
}
