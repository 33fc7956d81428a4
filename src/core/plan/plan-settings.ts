import { agents } from '../agents/agents.ts';
import type { AgentSettings, DetectedAgent } from '../agents/agent.ts';
import { mapSettings } from '../agents/skywalking/map-to-opentelemetry.ts';
import type { Finding } from '../finding.ts';
import { serviceNameFrom } from '../jvm/service-name.ts';
import type { Policy } from '../policy/policy.ts';
import type { Edit } from '../workload/edit.ts';
import { podTemplate, templateLabels } from '../workload/pod-template.ts';
import type { Workload } from '../workload/workload.ts';
import type { DeliverySubject } from './delivery.ts';
import type { ContainerReading } from './read-container.ts';
import { imageEnv, podEnvEdits } from './target-env.ts';

/** What configures the new agent: variables of the image for the fleet's settings, of the pod for the workload's own. */
export interface SettingsPlan {
  readonly env: { readonly [name: string]: string };
  readonly podEdits: readonly Edit[];
  readonly findings: readonly Finding[];
}

/** Maps the old agent's settings and adds the policy's. The same whatever way the agent is delivered. */
export function planSettings(subject: DeliverySubject, reading: ContainerReading, found: DetectedAgent): SettingsPlan {
  const { workload, container, facts, policy } = subject;
  const settings = readAgentSettings(reading, found);
  const mapping = mapWorkload(workload, settings, policy);
  const fleet = imageEnv(policy, facts.config, container);
  const pod = podEnvEdits(container, mapping.env, { ...Object.fromEntries(facts.config.env), ...fleet.env });
  return { env: fleet.env, podEdits: pod.edits, findings: [...settings.findings, ...mapping.findings, ...fleet.findings, ...pod.findings] };
}

/** The settings of a detected agent; none where we do not know it. */
export function readAgentSettings(reading: Pick<ContainerReading, 'context'>, found: DetectedAgent): AgentSettings {
  const plugin = agents.find((agent) => agent.id === found.agent);
  return plugin ? plugin.readSettings(reading.context, found) : { values: {}, findings: [] };
}

function mapWorkload(
  workload: Workload,
  settings: AgentSettings,
  policy: Policy,
): { readonly env: { readonly [name: string]: string }; readonly findings: readonly Finding[] } {
  const template = policy.to.serviceName;
  const labels = workload.object.metadata.labels ?? {};
  const named = template === undefined ? undefined : serviceNameFrom(template, labels, templateLabels(podTemplate(workload.object)));
  if (template !== undefined && named === undefined) {
    return { env: {}, findings: [{ id: 'service-name-unknown', severity: 'block', params: { template } }] };
  }
  const mapped = mapSettings(settings, named === undefined ? {} : { serviceName: named });
  if (mapped.env['OTEL_SERVICE_NAME'] !== undefined) return mapped;
  return { ...mapped, findings: [...mapped.findings, { id: 'service-name-unknown', severity: 'block', params: {} }] };
}
