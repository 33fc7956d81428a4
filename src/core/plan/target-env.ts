import type { TargetAgent } from '../agents/skywalking/mapped-variables.ts';
import type { Finding } from '../finding.ts';
import type { ImageConfig } from '../image/image-facts.ts';
import { isJsonObject } from '../json.ts';
import type { Policy } from '../policy/policy.ts';
import type { Edit } from '../workload/edit.ts';
import type { Container, EnvVar } from '../workload/workload.ts';

const ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES';

/**
 * Fleet-wide settings for the image's ENV: signals and `to.env`; a variable the image already sets, or the pod sets,
 * stays the workload's own, and says so. The exporter's protocol follows the port where the policy leaves it open.
 */
export function imageEnv(
  policy: Policy,
  config: ImageConfig,
  { container, version }: { readonly container: Container; readonly version: string },
): { readonly env: { readonly [name: string]: string }; readonly findings: readonly Finding[] } {
  const asked = askedEnv(policy);
  const wanted = { ...signals(policy), ...foreignHeaders(policy), ...protocol(asked, targetAgent(policy, version)), ...asked };
  const own = new Map<string, string>([
    ...config.env.map(([name]) => [name, 'image ENV'] as const),
    ...(container.env ?? []).map(({ name }) => [name, 'pod env'] as const),
  ]);
  const env: Record<string, string> = {};
  const findings: Finding[] = [];
  for (const [name, value] of Object.entries(wanted)) {
    const owner = own.get(name);
    if (owner === undefined) env[name] = value;
    else if (name in asked && value !== ownValue(name, config, container)) {
      findings.push({ id: 'env-overridden', severity: 'info', params: { name, by: owner } });
    }
  }
  return { env, findings };
}

/**
 * What differs per workload goes into the pod as inert variables (they name no file), each a `ghost-env`: it survives the
 * owner's next apply. The workload's own values win. Attributes are joined with the fleet's, which the pod's would hide.
 */
export function podEnvEdits(
  container: Container,
  mapped: { readonly [name: string]: string },
  fleet: { readonly [name: string]: string },
): { readonly edits: readonly Edit[]; readonly findings: readonly Finding[] } {
  const own = new Set((container.env ?? []).map(({ name }) => name));
  const edits: Edit[] = [];
  const findings: Finding[] = [];
  for (const [name, value] of Object.entries(mapped)) {
    if (own.has(name)) {
      const isSame = container.env?.findLast((each) => each.name === name)?.value === value;
      if (!isSame) findings.push({ id: 'env-overridden', severity: 'info', params: { name, by: 'pod env' } });
      continue;
    }
    const whole = name === ATTRIBUTES && fleet[ATTRIBUTES] !== undefined ? `${fleet[ATTRIBUTES]},${value}` : value;
    edits.push({ kind: 'env', container: container.name, name, before: null, after: { name, value: whole } });
    findings.push({ id: 'ghost-env', severity: 'info', params: { name } });
  }
  return { edits, findings };
}

/** What the policy itself asks for, for the whole fleet: its manifest, its sampler, its variables, each before the one named first. */
export function askedEnv(policy: Policy): { readonly [name: string]: string } {
  return { ...policy.to.instrumentation?.env, ...samplerEnv(policy), ...policy.to.env };
}

/** The sampler somebody chose; undefined = nobody did. */
export function chosenSampler(policy: Policy): string | undefined {
  return policy.to.env['OTEL_TRACES_SAMPLER'] ?? policy.to.sampler ?? askedEnv(policy)['OTEL_TRACES_SAMPLER'];
}

function samplerEnv({ to }: Policy): { readonly [name: string]: string } {
  const [name = '', ...argument] = to.sampler?.split('=') ?? [];
  if (name === '') return {};
  return { OTEL_TRACES_SAMPLER: name, ...(argument.length > 0 ? { OTEL_TRACES_SAMPLER_ARG: argument.join('=') } : {}) };
}

/** Variables of the policy's manifest that only a pod can hold. A Secret must be in every namespace, or pods do not start. */
export function manifestEdits(
  container: Container,
  { to }: Policy,
  made: ReadonlySet<string>,
): { readonly edits: readonly Edit[]; readonly findings: readonly Finding[] } {
  const { podEnv = [], findings = [] } = to.instrumentation ?? {};
  const own = new Set((container.env ?? []).map(({ name }) => name));
  const added = podEnv.filter(({ name }) => !own.has(name) && !made.has(name) && to.env[name] === undefined);
  return {
    edits: added.map((after): Edit => ({ kind: 'env', container: container.name, name: after.name, before: null, after })),
    findings: [
      ...findings,
      ...added.map(({ name }): Finding => ({ id: 'ghost-env', severity: 'info', params: { name } })),
      ...added.flatMap((variable) => secretFindings(variable)),
    ],
  };
}

function secretFindings({ name, valueFrom }: EnvVar): readonly Finding[] {
  const reference = isJsonObject(valueFrom) ? valueFrom['secretKeyRef'] : undefined;
  if (!isJsonObject(reference) || reference['optional'] === true) return [];
  return [{ id: 'secret-must-exist', severity: 'warn', params: { name, secret: reference['name'] ?? '', key: reference['key'] ?? '' } }];
}

function signals(policy: Policy): { readonly [name: string]: string } {
  const { traces, metrics, logs } = policy.to.signals;
  return { OTEL_TRACES_EXPORTER: traces, OTEL_METRICS_EXPORTER: metrics, OTEL_LOGS_EXPORTER: logs };
}

/** Without the bridge, a server span that came with `sw8` says so: `verify` then knows that it is no true beginning. */
function foreignHeaders({ from, to }: Policy): { readonly [name: string]: string } {
  return from.agent === 'skywalking' && !to.bridge ? { OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'sw8' } : {};
}

/** The default is http/protobuf in 2.x and grpc in 1.x; an endpoint on the other one's port would then never be heard. */
function protocol(env: { readonly [name: string]: string }, { major }: TargetAgent): { readonly [name: string]: string } {
  const endpoint = endpointOf(env);
  if (major >= 2 && /:4317\/?$/.test(endpoint)) return { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  return major < 2 && /:4318\/?$/.test(endpoint) ? { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' } : {};
}

/** What the new agent's jar and the policy decide of how settings are said; a version that says nothing counts as 2.0. */
export function targetAgent(policy: Policy, version: string): TargetAgent {
  const [, major = '2', minor = '0'] = /^(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  return {
    major: Number(major),
    minor: Number(minor),
    secure: endpointOf(askedEnv(policy)).startsWith('https://'),
    metrics: policy.to.signals.metrics !== 'none',
  };
}

function endpointOf(env: { readonly [name: string]: string }): string {
  return env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
}

function ownValue(name: string, config: ImageConfig, container: Container): string | undefined {
  return container.env?.findLast((each) => each.name === name)?.value ?? config.env.findLast(([each]) => each === name)?.[1];
}
