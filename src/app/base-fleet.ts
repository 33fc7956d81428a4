import { finalPath } from '../core/agents/agent-jar.ts';
import type { FleetBases } from '../core/base/base-report.ts';
import { groupBases, type CarryingImage } from '../core/base/group-bases.ts';
import { readImageConfig } from '../core/image/image-config.ts';
import { repositoryName } from '../core/image/reference.ts';
import type { SourceImage } from '../core/image/source-image.ts';
import type { Inspection } from '../core/plan/inspect-workload.ts';
import type { ReadPorts } from './ports.ts';
import { survey, type SurveyOptions } from './survey.ts';

const BASE_NAME = 'org.opencontainers.image.base.name';

type Ports = Pick<ReadPorts, 'cluster' | 'registry' | 'layers'>;

/** Finds out which base images bring the old agent into the fleet. Reads only. Errors: those of `survey`. */
export async function findBases(ports: Ports, options: SurveyOptions): Promise<FleetBases> {
  const { agent } = options.policy.from;
  const inspections = await survey(ports, options);
  const carrying = inspections.filter((each) => jarPathOf(each, agent) !== undefined);
  const byImage = Map.groupBy(carrying, (each) => (each.business?.image.kind === 'read' ? nameOf(each.business.image.image) : ''));
  const images: CarryingImage[] = [];
  for (const [image, members] of byImage) {
    const [first] = members;
    const found = first && (await locate(ports, first, options));
    if (found) images.push({ ...found, image, workloads: members.map((each) => each.workload.id) });
  }
  const { bases, own } = groupBases(images);
  const known = new Set(images.flatMap((each) => each.workloads));
  return {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'BaseReport',
    agent,
    workloads: inspections.length,
    carrying: carrying.length,
    inheriting: new Set(bases.flatMap((each) => each.workloads)).size,
    bases,
    own,
    unknown: carrying.map((each) => each.workload.id).filter((id) => !known.has(id)),
  };
}

/** The layer that brings the agent's jar: the topmost with an entry for it, which is what pods see. Undefined where the image does not tell. */
async function locate(ports: Ports, inspection: Inspection, options: SurveyOptions): Promise<Omit<CarryingImage, 'image' | 'workloads'> | undefined> {
  const image = inspection.business?.image;
  const jar = jarPathOf(inspection, options.policy.from.agent);
  if (image?.kind !== 'read' || jar === undefined) return undefined;
  const { repository, platforms } = image.image;
  const { facts, parsed, config } = platforms[0];
  const path = facts.files && finalPath(facts.files, jar);
  if (path === undefined) return undefined;
  for (let at = parsed.layers.length - 1; at >= 0; at -= 1) {
    const layer = parsed.layers[at];
    const index = layer && (await ports.layers.read(repository, layer, options.signal));
    if (!index?.entries.some((entry) => entry.path === path)) continue;
    const { diffIds, labels } = readImageConfig(config);
    return { diffIds, agentLayer: at, baseName: parsed.annotations[BASE_NAME] ?? labels[BASE_NAME] ?? '' };
  }
  return undefined;
}

function jarPathOf({ business }: Inspection, agent: string): string | undefined {
  return business?.reading.detected.find((each) => each.agent === agent)?.jarPath;
}

function nameOf({ repository, digest }: SourceImage): string {
  return `${repositoryName(repository)}@${digest}`;
}
