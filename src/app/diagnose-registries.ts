import type { Check } from '../core/doctor/doctor-report.ts';
import { parseImageReference, repositoryName, type ImageReference, type Repository } from '../core/image/reference.ts';
import { agentRepository, targetReference } from '../core/image/target-name.ts';
import { firstLook, matchesNameRule, type Candidate } from '../core/plan/first-look.ts';
import type { JsonObject } from '../core/json.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Workload } from '../core/workload/workload.ts';
import type { Registry } from '../ports/registry.ts';
import { agentLayerOf } from './agent-files.ts';
import { checking, unknownWithoutRight } from './checking.ts';
import type { DoctorOptions, DoctorPorts } from './diagnose.ts';
import { pooled } from './pooled.ts';
import { readFleet } from './read-fleet.ts';

/** Images that stand for their repositories: one that runs from each, and whether we would push beside it. */
interface Wanted {
  readonly image: ImageReference & { readonly digest: string };
  readonly pushes: boolean;
}

/** Reads the fleet and asks the registry of every image it runs: does it answer, may we read there, may we push where the new images and the agent go. */
export async function diagnoseRegistries(ports: Pick<DoctorPorts, 'cluster' | 'registry' | 'agentFiles'>, options: DoctorOptions): Promise<readonly Check[]> {
  const { policy, onProgress } = options;
  onProgress?.('Reading the fleet');
  let asked: readonly Check[] = [];
  const fleet = await checking('fleet', {}, async () => {
    const workloads = await readFleet(ports.cluster, options);
    const wanted = wantedImages(workloads, policy);
    onProgress?.(`Asking registries about ${wanted.size} repositories`);
    const byRegistry = Map.groupBy(wanted.values(), ({ image }) => image.repository.registry);
    const { signal } = options;
    const mount = async (): Promise<string | undefined> => agentLayerOf(await ports.agentFiles(), policy.to.home).digest;
    const known = policy.to.files.kind === 'none' ? {} : { mount: () => mount().catch(() => undefined) };
    const checks = [...byRegistry].map(([registry, images]) =>
      diagnoseRegistry(ports.registry, { registry, images, policy, ...known, ...(signal ? { signal } : {}) }),
    );
    asked = (await Promise.all(checks)).flat();
    return { workloads: workloads.length, repositories: wanted.size };
  });
  return [unknownWithoutRight(fleet), ...asked];
}

/** One image per repository that the policy does not rule out. The business container is the one that matches the name rule, or the only one. */
function wantedImages(fleet: readonly Workload[], policy: Policy): ReadonlyMap<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const workload of fleet) {
    const { skip, candidates } = firstLook(workload, policy);
    if (skip) continue;
    const named = candidates.filter(({ container }) => matchesNameRule(workload, container.name, policy));
    const likely = named.length > 0 ? named : candidates;
    for (const candidate of likely) {
      const image = runningImage(candidate);
      if (!image) continue;
      const name = repositoryName(image.repository);
      wanted.set(name, { image, pushes: likely.length === 1 || wanted.get(name)?.pushes === true });
    }
  }
  return wanted;
}

function runningImage({ container, digests }: Candidate): Wanted['image'] | undefined {
  const [digest] = digests;
  return digest === undefined ? undefined : { ...parseImageReference(container.image), digest };
}

interface OneRegistry {
  readonly registry: string;
  readonly images: readonly Wanted[];
  readonly policy: Policy;
  /** Digest of the agent layer, where it can be told: it shows whether mounts work, once it is in its home. */
  readonly mount?: () => Promise<string | undefined>;
  readonly signal?: AbortSignal;
}

/** A registry that does not answer the first question is not asked the others. */
async function diagnoseRegistry(port: Registry, one: OneRegistry): Promise<readonly Check[]> {
  const { registry, images, policy } = one;
  const [first, ...others] = images;
  if (!first) return [];
  const reached = await checkImage(port, first, one);
  if (reached.params['code'] === 'unreachable' || reached.params['code'] === 'timeout') return [{ ...reached, id: 'registry' }];
  const read = [reached, ...(await pooled(others, 4, (each) => checkImage(port, each, one)))];
  const targets = new Map<string, Repository>();
  for (const { image } of images.filter((each) => each.pushes)) {
    const target = targetReference(policy.image.to, { source: image, hash8: '00000000' }).repository;
    for (const repository of [target, agentRepository(policy.image.agentRepository, target)]) targets.set(repositoryName(repository), repository);
  }
  const pushed = await pooled([...targets.values()], 4, (repository) => checkPush(port, repository, one.signal));
  const [target] = targets.values();
  const abilities = target && pushed[0]?.status === 'ok' ? [await checkAbilities(port, target, one)] : [];
  return [{ id: 'registry', status: 'ok', params: { registry } }, ...read, ...pushed, ...abilities];
}

/** Room that the images of a fleet need at the least: the agent, and some documents each. Bytes. */
const LEAST_ROOM = 100 * 1024 * 1024;

/** What the registry can do where we would push, remembered for a day. A retention rule or a full quota is a problem; what it cannot do is not. */
async function checkAbilities(port: Registry, target: Repository, { registry, policy, mount, signal }: OneRegistry): Promise<Check> {
  const home = agentRepository(policy.image.agentRepository, target);
  const digest = await mount?.();
  const mountable = digest !== undefined && home.path !== target.path && (await port.hasBlob(home, digest, signal).catch(() => false));
  const abilities = async (): Promise<JsonObject> => {
    const { quota, ...told } = await port.probe(target, {
      ...(mountable ? { mount: { from: home, digest } } : {}),
      ...(signal ? { signal } : {}),
    });
    const free = quota && Math.max(0, quota.limit - quota.used);
    return { ...told, ...(free === undefined ? {} : { free: `${Math.round(free / 1e6)} MB`, full: free < LEAST_ROOM }) };
  };
  const check = await checking('abilities', { registry }, abilities);
  const bad = check.params['retention'] === 'yes' || check.params['full'] === true;
  return check.status === 'ok' && bad ? { ...check, status: 'problem' } : check;
}

function checkImage(port: Registry, { image }: Wanted, { signal }: OneRegistry): Promise<Check> {
  const about = { registry: image.repository.registry, image: `${repositoryName(image.repository)}@${image.digest}` };
  return checking('image', about, async () => (await port.manifest(image.repository, image.digest, signal)) !== undefined && {});
}

function checkPush(port: Registry, repository: Repository, signal: AbortSignal | undefined): Promise<Check> {
  return checking(
    'push',
    { registry: repository.registry, repository: repositoryName(repository) },
    async () => (await port.canPush(repository, signal)) && {},
  );
}
