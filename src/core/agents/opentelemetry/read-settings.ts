import { isSecretName } from '../../redact.ts';
import type { AgentContext, AgentSetting, AgentSettings, DetectedAgent } from '../agent.ts';
import { readAgentText } from '../agent-text.ts';
import { parseProperties } from '../parse-properties.ts';
import { settingFromProperty, settingFromText } from '../setting-from.ts';
import { systemProperties } from '../system-properties.ts';

/**
 * The agent's settings, by dotted lower-case key (`otel.service.name`; `-` counts as `.`): agent arguments (`k=v;k=v`), then
 * `-Dotel.*`, then OTEL_* variables, then the properties file these name.
 */
export function readSettings(context: AgentContext, detected: DetectedAgent): AgentSettings {
  const layer = new Map<string, AgentSetting | undefined>();
  for (const [name, value] of Object.entries(context.env))
    if (name.startsWith('OTEL_')) layer.set(keyOf(name), settingFromText(value, `env ${name}`, context.env));
  for (const [name, property] of systemProperties(context.options)) if (name.startsWith('otel.')) layer.set(keyOf(name), settingFromProperty(name, property));
  for (const [key, value] of argumentPairs(detected.args ?? '')) layer.set(keyOf(key), { value, source: 'agent arguments' });
  for (const [key, setting] of fileLayer(context, detected, layer)) if (!layer.has(key)) layer.set(key, setting);
  const unresolved = [...layer].filter(([, setting]) => setting === undefined).map(([key]) => key);
  const values = Object.fromEntries([...layer].flatMap(([key, setting]) => (setting === undefined || isCredential(key) ? [] : [[key, setting]])));
  const attributes = parseAttributes(values['otel.resource.attributes']?.value ?? '');
  const text = (key: string): string | undefined => values[key]?.value || undefined;
  return {
    ...optional('serviceName', text('otel.service.name') ?? attributes.get('service.name')),
    ...optional('namespace', attributes.get('service.namespace')),
    ...optional('instanceName', attributes.get('service.instance.id')),
    ...optional('backend', text('otel.exporter.otlp.traces.endpoint') ?? text('otel.exporter.otlp.endpoint')),
    values,
    findings: unresolved.map((key) => ({ id: 'setting-unresolved', severity: 'warn', params: { key } })),
  };
}

function fileLayer(context: AgentContext, detected: DetectedAgent, layer: ReadonlyMap<string, AgentSetting | undefined>): ReadonlyMap<string, AgentSetting> {
  const path = layer.get('otel.javaagent.configuration.file')?.value;
  const file = path ? readAgentText(context, path, detected.jarPath) : undefined;
  if (!path || file?.kind !== 'text') return new Map();
  return new Map([...parseProperties(file.text)].map(([key, value]) => [keyOf(key), { value, source: path }]));
}

function keyOf(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '.');
}

function argumentPairs(args: string): readonly (readonly [string, string])[] {
  return args
    .split(';')
    .map((pair) => /^([^=]+)=(.*)$/s.exec(pair.trim()))
    .filter((match) => match !== null)
    .map((match): readonly [string, string] => [match[1] ?? '', match[2] ?? '']);
}

function parseAttributes(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(',').map((pair) => /^\s*([^=]+?)\s*=\s*(.*?)\s*$/.exec(pair));
  return new Map(pairs.filter((match) => match !== null).map((match) => [match[1] ?? '', decode(match[2] ?? '')]));
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Headers carry tokens, whatever their names are. */
function isCredential(key: string): boolean {
  return isSecretName(key) || key.endsWith('.headers');
}

function optional<Name extends string>(name: Name, value: string | undefined): { readonly [key in Name]?: string } {
  return value === undefined || value === '' ? {} : ({ [name]: value } as { readonly [key in Name]: string });
}
