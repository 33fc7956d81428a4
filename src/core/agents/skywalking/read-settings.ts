import type { Finding } from '../../finding.ts';
import { isSecretName } from '../../redact.ts';
import type { AgentContext, AgentSetting, AgentSettings, DetectedAgent } from '../agent.ts';
import { readAgentText } from '../agent-text.ts';
import { parseProperties } from '../parse-properties.ts';
import { settingFromProperty, settingFromText } from '../setting-from.ts';
import { systemProperties, type SystemProperty } from '../system-properties.ts';
import { parseAgentArgs } from './parse-agent-args.ts';
import { resolvePlaceholders } from './resolve-placeholders.ts';
import { stockSettings } from './stock-settings.ts';

const PREFIX = 'skywalking.';
/** SkyWalking cuts longer names (`@Length(50)`), so the full name is a new identity. */
const NAME_LENGTH = 50;

type Layer = Map<string, AgentSetting | undefined>;

/**
 * SkyWalking's settings by its own rules (`SnifferConfigInitializer`): agent arguments, then `-Dskywalking.*`, then
 * agent.config, whose placeholders ask `-DNAME`, the environment, other keys of the file and the default, in this order. A
 * file that cannot be read is taken for the stock one, with a finding; the one named by `-Dskywalking_config` blocks.
 */
export function readSettings(context: AgentContext, detected: DetectedAgent): AgentSettings {
  const findings: Finding[] = [];
  const properties = systemProperties(context.options);
  const args = parseAgentArgs(detected.args ?? '');
  if (args.ignored) findings.push({ id: 'agent-args-ignored', severity: 'warn', params: { jar: detected.jarPath } });
  const layer: Layer = readFile(detected, { context, properties, findings });
  for (const [name, property] of properties) if (name.startsWith(PREFIX)) layer.set(name.slice(PREFIX.length), settingFromProperty(name, property));
  for (const [key, value] of args.pairs) layer.set(key, fromArgs(value, detected));
  const values = exposeValues(layer, findings);
  const name = values['agent.service_name']?.value ?? '';
  if (name.length > NAME_LENGTH) findings.push({ id: 'service-name-cut', severity: 'info', params: { name, was: name.slice(0, NAME_LENGTH) } });
  return {
    ...field('serviceName', values['agent.service_name']),
    ...field('namespace', values['agent.namespace']),
    ...field('instanceName', values['agent.instance_name']),
    ...field('backend', values['collector.backend_service']),
    values,
    findings,
  };
}

interface Lookup {
  readonly context: AgentContext;
  readonly properties: ReadonlyMap<string, SystemProperty>;
  readonly findings: Finding[];
}

function readFile(detected: DetectedAgent, where: Lookup): Layer {
  const { context, properties, findings } = where;
  const chosen = properties.get('skywalking_config');
  const path = chosen?.value || `${detected.jarPath.slice(0, Math.max(0, detected.jarPath.lastIndexOf('/')))}/config/agent.config`;
  const file = readAgentText(context, path, detected.jarPath);
  if (file.kind === 'text') return fromFile(parseProperties(file.text), path, where);
  if (chosen?.value) findings.push({ id: 'agent-config-unread', severity: 'block', params: { path } });
  else if (file.kind === 'unreadable') findings.push({ id: 'agent-config-assumed', severity: 'warn', params: { path } });
  return file.kind === 'absent' ? new Map() : assumeStock(where);
}

function fromFile(file: ReadonlyMap<string, string>, path: string, where: Lookup): Layer {
  const ask = (name: string): string | undefined => where.properties.get(name)?.value ?? where.context.env[name] ?? file.get(name);
  const resolved = [...file].map(([key, raw]) => ({ key, raw, ...resolvePlaceholders(raw, ask) }));
  const broken = resolved.filter((each) => each.broken).map(({ key }) => key);
  if (broken.length > 0) where.findings.push({ id: 'agent-config-broken', severity: 'block', params: { path, key: broken.toSorted().join(', ') } });
  // The agent stops at the first of them, in an order of its JVM's: of the others, only what needs no resolving is known.
  const known = broken.length === 0 ? resolved : resolved.filter(({ raw, value }) => raw === value);
  return new Map(known.map(({ key, raw, value, found }) => [key, fileSetting({ key, raw, value, found }, path, where)]));
}

interface FileValue {
  readonly key: string;
  readonly raw: string;
  readonly value: string;
  readonly found: readonly string[];
}

function fileSetting({ key, raw, value, found }: FileValue, path: string, where: Lookup): AgentSetting | undefined {
  if (found.some((name) => where.properties.get(name)?.option.expands)) return undefined;
  const setting = settingFromText(value, describe(found, path, where), where.context.env);
  const fromOptions = found.flatMap((name) => where.properties.get(name)?.option.unresolved ?? []);
  const unresolved = [...new Set([...(setting.unresolved ?? []), ...fromOptions])];
  const isDefault = (found.length === 0 && raw.includes('${')) || stockSettings[key]?.stock === value;
  return { ...setting, ...(unresolved.length > 0 ? { unresolved } : {}), ...(isDefault ? { isDefault: true as const } : {}) };
}

function describe(found: readonly string[], path: string, { context, properties }: Lookup): string {
  const names = found.map((name) => (properties.has(name) ? `-D${name}` : context.env[name] === undefined ? name : `env ${name}`));
  return names.length === 0 ? path : `${names.join(', ')} via ${path}`;
}

/** Only what somebody set: the defaults of a file nobody has seen are not invented. */
function assumeStock({ context, properties }: Lookup): Layer {
  const layer: Layer = new Map();
  for (const [key, { env: name, stock }] of Object.entries(stockSettings)) {
    const property = properties.get(name);
    const value = context.env[name];
    const isDefault = value === stock ? { isDefault: true as const } : {};
    if (property) layer.set(key, settingFromProperty(name, property));
    else if (value !== undefined) layer.set(key, { ...settingFromText(value, `env ${name}`, context.env), ...isDefault });
  }
  return layer;
}

function fromArgs(value: string, { option }: DetectedAgent): AgentSetting | undefined {
  if (option.expands && /[$`]/.test(value)) return undefined;
  const unresolved = (option.unresolved ?? []).filter((name) => value.includes(`$(${name})`));
  return { value, source: 'agent arguments', ...(unresolved.length > 0 ? { unresolved } : {}) };
}

function exposeValues(layer: Layer, findings: Finding[]): { readonly [key: string]: AgentSetting } {
  const values: Record<string, AgentSetting> = {};
  for (const [key, setting] of layer) {
    // Where the old agent sends its data is replaced, whatever it is.
    if (setting === undefined && key === 'collector.backend_service') continue;
    if (setting === undefined) findings.push({ id: 'setting-unresolved', severity: 'warn', params: { key } });
    else if (!isSecretName(key)) values[key] = setting;
    else if (setting.value !== '' && !setting.isDefault) findings.push({ id: 'setting-withheld', severity: 'warn', params: { key } });
  }
  return values;
}

/** What only the kubelet can resolve is not known. */
function field<Name extends string>(name: Name, setting: AgentSetting | undefined): { readonly [key in Name]?: string } {
  return setting === undefined || setting.value === '' || setting.unresolved?.length ? {} : ({ [name]: setting.value } as { readonly [key in Name]: string });
}
