import { agents } from '../agents/agents.ts';
import type { AgentSettings, DetectedAgent } from '../agents/agent.ts';
import { opentelemetry } from '../agents/opentelemetry/opentelemetry.ts';
import { listVariables, type TargetAgent } from '../agents/skywalking/mapped-variables.ts';
import { mapSettings, printSetting, type MappedSettings } from '../agents/skywalking/map-to-opentelemetry.ts';
import type { Finding } from '../finding.ts';
import { serviceNameFrom } from '../jvm/service-name.ts';
import type { Policy } from '../policy/policy.ts';
import type { Edit } from '../workload/edit.ts';
import { podTemplate, templateLabels } from '../workload/pod-template.ts';
import type { Workload } from '../workload/workload.ts';
import { bridgeSettings } from './bridge.ts';
import type { DeliveryMode, DeliverySubject } from './delivery.ts';
import type { ContainerReading } from './read-container.ts';
import { isUpgrade } from './running-agents.ts';
import { askedEnv, chosenSampler, imageEnv, manifestEdits, podEnvEdits, targetAgent } from './target-env.ts';

/** What configures the new agent: variables of the image for the fleet's settings, of the pod for the workload's own. */
export interface SettingsPlan {
  readonly env: { readonly [name: string]: string };
  readonly podEdits: readonly Edit[];
  readonly findings: readonly Finding[];
}

const NAME = 'OTEL_SERVICE_NAME';
const ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES';

/**
 * Maps the old agent's settings and adds the policy's. The settings stay where they are in a takeover, and the bridge reads
 * them at start: then the pod gets only what it cannot derive.
 */
export function planSettings(
  subject: DeliverySubject,
  reading: ContainerReading,
  { found, mode, version = '2' }: { readonly found: DetectedAgent; readonly mode: DeliveryMode; readonly version?: string },
): SettingsPlan {
  const { workload, container, facts, policy } = subject;
  const settings = readAgentSettings(reading, found);
  const bridge = bridgeSettings(subject, reading, found);
  const readsSettings = bridge.works && mode === 'takeover';
  const mapping = mapWorkload(workload, settings, { policy, readsSettings, agent: targetAgent(policy, version) });
  // What became of the settings of the agent before was decided when that one went.
  const told = [...settings.findings, ...mapping.findings].filter(({ id }) => found.replaces === undefined || id === 'service-name-unknown');
  const fleet = imageEnv(policy, facts.config, { container, version });
  const needed = readsSettings
    ? withoutDerived(mapping.env, policy, opentelemetry.readSettings(reading.context, found))
    : { ...mapping.env, ...headerPrefixes(settings, policy) };
  const given = giveWay(needed, { policy, own: opentelemetry.readSettings(reading.context, found), fleet: fleet.env });
  const hidden = { ...Object.fromEntries(facts.config.env), ...fleet.env, ...literalPodEnv(policy) };
  const pod = podEnvEdits(container, given.env, hidden);
  const made = new Set(pod.edits.map((edit) => (edit.kind === 'env' ? edit.name : '')));
  const manifest = manifestEdits(container, policy, made);
  return {
    env: { ...fleet.env, ...bridge.env },
    // Attributes may refer to the manifest's variables, which must stand before them.
    podEdits: [...manifest.edits, ...pod.edits],
    findings: [...told, ...fleet.findings, ...bridge.findings, ...given.findings, ...pod.findings, ...manifest.findings],
  };
}

/** The manifest's values that hold references: what a mapped variable of the same name is joined with. */
function literalPodEnv({ to }: Policy): MappedSettings['env'] {
  return Object.fromEntries((to.instrumentation?.podEnv ?? []).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}

/** The settings of a detected agent; none where we do not know it. */
export function readAgentSettings(reading: Pick<ContainerReading, 'context'>, found: DetectedAgent): AgentSettings {
  const plugin = agents.find((agent) => agent.id === (found.replaces ?? found.agent));
  return plugin ? plugin.readSettings(reading.context, found) : { values: {}, findings: [] };
}

function mapWorkload(
  workload: Workload,
  settings: AgentSettings,
  { policy, readsSettings, agent }: { readonly policy: Policy; readonly readsSettings: boolean; readonly agent: TargetAgent },
): MappedSettings {
  const template = policy.to.serviceName;
  const labels = workload.object.metadata.labels ?? {};
  const named = template === undefined ? undefined : serviceNameFrom(template, labels, templateLabels(podTemplate(workload.object)));
  if (template !== undefined && named === undefined) {
    return { env: {}, findings: [{ id: 'service-name-unknown', severity: 'block', params: { template } }] };
  }
  const sampler = chosenSampler(policy);
  const mapped = mapSettings(settings, {
    readsSettings,
    agent,
    ...(sampler === undefined ? {} : { sampler }),
    ...(named === undefined ? {} : { serviceName: named }),
  });
  // An upgrade leaves the agent's settings, and so its name, where they are.
  if (mapped.env[NAME] !== undefined || isUpgrade(policy)) return mapped;
  return { ...mapped, findings: [...mapped.findings, { id: 'service-name-unknown', severity: 'block', params: {} }] };
}

/**
 * What the bridge cannot derive: a template's name, and whether the agent starts at all. Its defaults give way to settings that the
 * new agent finds: where these name the service, the old agent's name is said aloud, so that the service keeps it.
 */
function withoutDerived(env: MappedSettings['env'], policy: Policy, found: AgentSettings): MappedSettings['env'] {
  const isNamed = policy.to.serviceName !== undefined || found.serviceName !== undefined || found.values['otel.service.name'] !== undefined;
  return Object.fromEntries(Object.entries(env).filter(([name]) => name !== ATTRIBUTES && (name !== NAME || isNamed)));
}

/**
 * A pod's variable would hide the image's and so the policy's, which go first, as do the new agent's own settings wherever they are. A list
 * that the fleet needs is joined.
 */
function giveWay(
  env: MappedSettings['env'],
  { policy, own, fleet }: { readonly policy: Policy; readonly own: AgentSettings; readonly fleet: MappedSettings['env'] },
): MappedSettings {
  const asked = { ...askedEnv(policy), ...Object.fromEntries((policy.to.instrumentation?.podEnv ?? []).map((each) => [each.name, ''])) };
  const by = (name: string): string | undefined =>
    name !== NAME && name !== ATTRIBUTES && name.startsWith('OTEL_')
      ? (own.values[name.toLowerCase().replaceAll('_', '.')]?.source ??
        (name in asked ? `spec.to.${name in policy.to.env ? 'env' : 'instrumentation'}` : undefined))
      : undefined;
  const entries = Object.entries(env).map(([name, value]) => ({ name, value, by: by(name) }));
  const joined = (name: string, value: string): string => (listVariables.has(name) && fleet[name] ? `${fleet[name]},${value}` : value);
  return {
    env: Object.fromEntries(entries.filter((each) => each.by === undefined).map(({ name, value }) => [name, joined(name, value)])),
    findings: entries.flatMap((each): readonly Finding[] =>
      each.by === undefined ? [] : [{ id: 'env-overridden', severity: 'info', params: { name: each.name, by: each.by } }],
    ),
  };
}

/** Agents before 8.10 put their namespace in front of their headers' names. The bridge learns it from the settings, where these stay. */
function headerPrefixes({ values }: AgentSettings, { to }: Policy): MappedSettings['env'] {
  const namespace = printSetting(values['agent.namespace']);
  return to.bridge && namespace !== '' ? { CHANGEOVER_SW8_HEADER_PREFIXES: namespace } : {};
}
