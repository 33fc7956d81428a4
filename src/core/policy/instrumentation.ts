import type { Finding } from '../finding.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { isSecretName, redact } from '../redact.ts';
import type { EnvVar } from '../workload/workload.ts';

/** What an OpenTelemetry `Instrumentation` manifest (opentelemetry.io/v1alpha1) says of a Java agent. */
export interface Instrumentation {
  /** Settings for the whole fleet. */
  readonly env: { readonly [name: string]: string };
  /** Variables that only a pod can hold: references to its own fields and to Secrets, and values with `$(NAME)` in them. */
  readonly podEnv: readonly EnvVar[];
  readonly extensions: readonly { readonly image: string; readonly dir: string }[];
  /** What of it is not taken over. */
  readonly findings: readonly Finding[];
}

const otherLanguages = ['nodejs', 'python', 'dotnet', 'go', 'apacheHttpd', 'nginx'];
/** What is about containers that the operator adds, and we do not. */
const ofTheOperator = ['initContainerSecurityContext', 'imagePullPolicy', 'defaults'];
/** Options of the JVM, the process's own paths, and the one name that cannot be the fleet's. */
const notForAFleet =
  /^(?:JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|JAVA_OPTS|CATALINA_OPTS|PATH|LD_PRELOAD|LD_LIBRARY_PATH|OTEL_SERVICE_NAME|OTEL_JAVAAGENT_EXTENSIONS)$/;

/**
 * Reads exporter, propagators, sampler, resource attributes, environment and the Java part of a manifest. What it cannot take over becomes
 * `instrumentation-unsupported`: `block` where spans would not arrive or go by another name, `warn` else. Values from Secrets stay references. Pure.
 */
export function readInstrumentation(manifest: JsonObject): Instrumentation {
  const spec = member(manifest, 'spec');
  const java = member(spec, 'java');
  const findings: Finding[] = [];
  const unsupported = (field: string, severity: Finding['severity'] = 'warn'): void =>
    void findings.push({ id: 'instrumentation-unsupported', severity, params: { field } });
  const known = ['exporter', 'propagators', 'sampler', 'resource', 'env', 'java', ...otherLanguages, ...ofTheOperator];
  for (const name of Object.keys(spec)) if (!known.includes(name)) unsupported(`spec.${name}`);
  for (const name of ['defaults', 'initContainerSecurityContext'] as const) if (spec[name] !== undefined) unsupported(`spec.${name}`, 'info');
  for (const name of Object.keys(java)) if (!['env', 'extensions', 'image'].includes(name)) unsupported(`spec.java.${name}`, 'info');
  if (java['image'] !== undefined) unsupported('spec.java.image', 'info');
  const variables = [...readVariables(spec['env'], 'spec.env', unsupported), ...readVariables(java['env'], 'spec.java.env', unsupported)];
  const own = Object.fromEntries(variables.flatMap(({ name, value }) => (value === undefined || value.includes('$(') ? [] : [[name, value]])));
  return {
    env: { ...exporter(spec, unsupported), ...propagators(spec), ...sampler(spec, findings), ...attributes(spec, unsupported), ...own },
    podEnv: variables.filter(({ value }) => value === undefined || value.includes('$(')),
    extensions: readExtensions(java['extensions'], unsupported),
    findings,
  };
}

/** Variables of a manifest whose values are credentials in clear. */
export function literalCredentials(manifest: JsonObject): readonly string[] {
  const spec = member(manifest, 'spec');
  const variables = [...items(spec['env']), ...items(member(spec, 'java')['env'])];
  return variables.flatMap(({ name, value }) => {
    const isClear = typeof name === 'string' && typeof value === 'string' && value !== '' && !/^\$\([^)]*\)$/.test(value);
    return isClear && (isSecretName(name) || redact(value) !== value) ? [name] : [];
  });
}

type Unsupported = (field: string, severity?: Finding['severity']) => void;

function exporter(spec: JsonObject, unsupported: Unsupported): Instrumentation['env'] {
  const given = member(spec, 'exporter');
  const tls = member(given, 'tls');
  for (const name of Object.keys(given)) if (name !== 'endpoint' && name !== 'tls') unsupported(`spec.exporter.${name}`);
  // The operator mounts them; we change no volume, so a connection that needs them would fail.
  for (const name of ['secretName', 'configMapName']) if (text(tls[name]) !== '') unsupported(`spec.exporter.tls.${name}`, 'block');
  const path = (name: string): string => {
    const value = text(tls[name]);
    if (value !== '' && !value.startsWith('/')) unsupported(`spec.exporter.tls.${name}`, 'block');
    return value.startsWith('/') ? value : '';
  };
  return present({
    OTEL_EXPORTER_OTLP_ENDPOINT: text(given['endpoint']),
    OTEL_EXPORTER_OTLP_CERTIFICATE: path('ca_file'),
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: path('cert_file'),
    OTEL_EXPORTER_OTLP_CLIENT_KEY: path('key_file'),
  });
}

function propagators(spec: JsonObject): Instrumentation['env'] {
  return present({ OTEL_PROPAGATORS: texts(spec['propagators']).join(',') });
}

function sampler(spec: JsonObject, findings: Finding[]): Instrumentation['env'] {
  const given = member(spec, 'sampler');
  const type = text(given['type']);
  if (type !== '' && !type.startsWith('parentbased_')) findings.push({ id: 'sampler-cuts-chains', severity: 'warn', params: { sampler: type } });
  return present({ OTEL_TRACES_SAMPLER: type, OTEL_TRACES_SAMPLER_ARG: text(given['argument']) });
}

function attributes(spec: JsonObject, unsupported: Unsupported): Instrumentation['env'] {
  const resource = member(spec, 'resource');
  for (const name of Object.keys(resource)) if (name !== 'resourceAttributes') unsupported(`spec.resource.${name}`, 'info');
  const pairs = Object.entries(member(resource, 'resourceAttributes')).filter(([name]) => name !== 'service.name');
  if ('service.name' in member(resource, 'resourceAttributes')) unsupported('spec.resource.resourceAttributes.service.name', 'block');
  return present({ OTEL_RESOURCE_ATTRIBUTES: pairs.map(([name, value]) => `${name}=${encodeURIComponent(text(value))}`).join(',') });
}

function readVariables(list: Json | undefined, path: string, unsupported: Unsupported): readonly EnvVar[] {
  return items(list).flatMap((item, index): readonly EnvVar[] => {
    const { name, value, valueFrom } = item;
    const isWhole = typeof name === 'string' && (typeof value === 'string' || isJsonObject(valueFrom));
    if (isWhole && !notForAFleet.test(name)) return [typeof value === 'string' ? { name, value } : { name, valueFrom: valueFrom ?? null }];
    unsupported(`${path}[${index}]${typeof name === 'string' ? ` (${name})` : ''}`, 'block');
    return [];
  });
}

function readExtensions(list: Json | undefined, unsupported: Unsupported): Instrumentation['extensions'] {
  return items(list).flatMap(({ image, dir }, index) => {
    if (typeof image === 'string' && typeof dir === 'string') return [{ image, dir }];
    unsupported(`spec.java.extensions[${index}]`, 'block');
    return [];
  });
}

function present(env: Instrumentation['env']): Instrumentation['env'] {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}

function member(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}

function items(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.map((each: Json) => (isJsonObject(each) ? each : {})) : [];
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((each: Json): each is string => typeof each === 'string') : [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
