import { assertNever } from '../error.ts';
import type { AgentSettings, DetectedAgent } from '../agents/agent.ts';
import type { CarrierSource } from '../jvm/effective-options.ts';
import { kindOf } from '../workload/kinds/kind-of.ts';
import type { Workload } from '../workload/workload.ts';
import type { Inspection } from './inspect-workload.ts';
import type { AgentSummary } from './plan.ts';
import { readAgentSettings } from './plan-settings.ts';
import { runningAgents } from './running-agents.ts';
import type { ScanItem } from './scan-result.ts';

/** One row of the inventory from an inspection. */
export function scanItem(inspection: Inspection): ScanItem {
  const { workload, business, skip, findings } = inspection;
  const [found] = business ? runningAgents(business.reading, business.image.kind === 'read' ? business.image.image.platforms[0].facts : undefined) : [];
  const [digest] = business?.digests ?? [];
  return {
    id: workload.id,
    uid: workload.uid,
    replicas: replicasWanted(workload),
    pods: workload.pods.length,
    owner: inspection.owner,
    eligible: skip === undefined,
    findings,
    ...(business ? { container: business.container.name, image: business.container.image } : {}),
    ...(digest === undefined ? {} : { digest }),
    ...(business && found ? { agent: summariseAgent(found, readAgentSettings(business.reading, found)) } : {}),
    ...(skip ? { skip } : {}),
  };
}

/** The agent as plans and inventories show it. */
export function summariseAgent(found: DetectedAgent, settings: AgentSettings): AgentSummary {
  return {
    id: found.agent,
    jarPath: found.jarPath,
    carrier: found.option.carrier,
    source: describeSource(found.option.source),
    ...(found.version === undefined ? {} : { version: found.version }),
    ...(settings.serviceName === undefined ? {} : { serviceName: settings.serviceName }),
  };
}

/** Pods the workload wants now, by the rules of its kind. */
export function replicasWanted({ object }: Workload): number {
  return kindOf(object).wanted(object);
}

function describeSource(source: CarrierSource): string {
  switch (source.kind) {
    case 'pod-env':
      return `pod env ${source.name}`;
    case 'pod-env-from':
      return `pod envFrom ${source.from} (${source.name})`;
    case 'image-env':
      return `image ENV ${source.name}`;
    case 'pod-command':
      return 'pod command';
    case 'pod-args':
      return 'pod args';
    case 'image-entrypoint':
      return 'image ENTRYPOINT';
    case 'image-cmd':
      return 'image CMD';
    case 'image-file':
      return `image file ${source.path}`;
    default:
      return assertNever(source);
  }
}
