import { parseImageReference, repositoryName } from '../core/image/reference.ts';
import { firstLook, type Candidate, type FirstLook } from '../core/plan/first-look.ts';
import { inspectWorkload, type CandidateImage, type Inspection } from '../core/plan/inspect-workload.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Workload } from '../core/workload/workload.ts';
import { pooled } from './pooled.ts';
import type { ReadPorts } from './ports.ts';
import { readConfigMaps, readFleet } from './read-fleet.ts';
import { readImage, readNamedImage } from './read-image.ts';
import { readOwners } from './read-owners.ts';

export interface SurveyOptions {
  readonly policy: Policy;
  /** Narrows the policy's namespaces. */
  readonly namespaces?: readonly string[];
  /** Only this workload (`namespace/kind/name`, kind without regard to case). */
  readonly workload?: string;
  readonly layerScan: boolean;
  readonly signal?: AbortSignal;
  /** Called with a short line of text as the work goes on. */
  readonly onProgress?: (text: string) => void;
}

type Ports = Pick<ReadPorts, 'cluster' | 'registry' | 'layers'>;

/**
 * Reads the fleet and inspects every workload: cluster first, then each distinct image once (four at a time). Workloads
 * that pods and policy already rule out cost no registry request. Reads only.
 */
export async function survey(ports: Ports, options: SurveyOptions): Promise<readonly Inspection[]> {
  const { policy, onProgress } = options;
  onProgress?.('Reading workloads, ReplicaSets and pods');
  const fleet = (await readFleet(ports.cluster, options)).filter((workload) => isMeant(workload, options.workload));
  const looks = new Map(fleet.map((workload) => [workload.id, firstLook(workload, policy)]));
  const owners = await readOwners(ports.cluster, fleet, options.signal);
  const images = await readImages(ports, looks, options);
  return pooled(fleet, 8, async (workload) => {
    const look = looks.get(workload.id) ?? { candidates: [] };
    const configMaps = await readConfigMaps(ports.cluster, workload, options.signal);
    const byContainer = new Map(look.candidates.map((candidate) => [candidate.container.name, imageOf(candidate, images)]));
    const owner = owners.get(workload.id);
    return inspectWorkload({ workload, policy, look, images: byContainer, configMaps, ...(owner ? { owner } : {}) });
  });
}

async function readImages(ports: Ports, looks: ReadonlyMap<string, FirstLook>, options: SurveyOptions): Promise<ReadonlyMap<string, CandidateImage>> {
  const wanted = new Map<string, Candidate>();
  for (const look of looks.values()) {
    if (look.skip) continue;
    for (const candidate of look.candidates) {
      const key = imageKey(candidate);
      if (key !== undefined) wanted.set(key, candidate);
    }
  }
  let done = 0;
  const entries = await pooled([...wanted], 4, async ([key, candidate]) => {
    const { repository } = parseImageReference(candidate.container.image);
    options.onProgress?.(`Reading images: ${(done += 1)} of ${wanted.size} (${repositoryName(repository)})`);
    const { layerScan, signal } = options;
    const [digest] = candidate.digests;
    const how = { layerScan, ...(signal ? { signal } : {}) };
    const { image } = candidate.container;
    return [key, await (digest === undefined ? readNamedImage(ports, image, how) : readImage(ports, { repository, digest }, how))] as const;
  });
  return new Map(entries);
}

function imageOf(candidate: Candidate, images: ReadonlyMap<string, CandidateImage>): CandidateImage {
  return images.get(imageKey(candidate) ?? '') ?? { kind: 'not-read' };
}

/** Repository and running digest (the reference, where no pod runs): what is read once, however many workloads share it. */
function imageKey(candidate: Candidate): string | undefined {
  const [digest] = candidate.digests;
  if (digest === undefined) return candidate.unrun ? candidate.container.image : undefined;
  return `${repositoryName(parseImageReference(candidate.container.image).repository)}@${digest}`;
}

function isMeant(workload: Workload, wanted: string | undefined): boolean {
  return wanted === undefined || workload.id.toLowerCase() === wanted.toLowerCase();
}
