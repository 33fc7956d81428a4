import { ChangeoverError } from '../../core/error.ts';
import { sha256Digest } from '../../core/image/digest.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { Ability, ProbeOptions, RegistryAbilities } from '../../ports/registry.ts';
import { readHarborRules } from './harbor-rules.ts';
import type { RegistryCall, RegistryClient } from './registry-client.ts';
import { cancelUpload, mountBlob, startUpload } from './upload-blob.ts';

/** A digest of something no registry holds. */
const ABSENT = sha256Digest('changeover asks whether this is here');

/** Registries that only their cloud's own API tells more about. */
const KNOWN_HOSTS: readonly (readonly [host: RegExp, product: string])[] = [
  [/^docker\.io$/, 'Docker Hub'],
  [/^ghcr\.io$/, 'GitHub Container Registry'],
  [/\.dkr\.ecr\.[\w-]+\.amazonaws\.com(?:\.cn)?$/, 'Amazon ECR'],
  [/\.pkg\.dev$/, 'Google Artifact Registry'],
  [/\.azurecr\.(?:io|cn)$/, 'Azure Container Registry'],
  [/^quay\.io$/, 'Quay'],
  [/\.aliyuncs\.com$/, 'Alibaba Container Registry'],
];

/**
 * Asks what a registry can do in a repository. Throws `unreachable`, `rate-limited` or `aborted`; what it merely refuses is an ability it
 * does not have, or one that stays unknown.
 */
export async function probeRegistry(client: RegistryClient, repository: Repository, { mount, signal }: ProbeOptions): Promise<RegistryAbilities> {
  const rules = await readHarborRules(client, repository, signal);
  return {
    product: rules?.product ?? KNOWN_HOSTS.find(([host]) => host.test(repository.registry))?.[1] ?? '',
    mount: mount === undefined ? 'unknown' : await probeMount(client, repository, { ...mount, signal }),
    chunks: await probeChunks(client, repository, signal),
    referrers: await probeStatus(client, { ...about(repository, signal), method: 'GET', to: `referrers/${ABSENT}`, access: 'pull' }, { yes: [200], no: [404] }),
    delete: await probeStatus(
      client,
      { ...about(repository, signal), method: 'DELETE', to: `manifests/${ABSENT}`, access: 'pull,delete' },
      { yes: [202, 404], no: [401, 403, 405] },
    ),
    immutableTags: rules?.immutableTags ?? 'unknown',
    retention: rules?.retention ?? 'unknown',
    quota: rules?.quota,
  };
}

function about(repository: Repository, signal: AbortSignal | undefined) {
  return { repository, action: 'probing the registry', target: `${repository.registry}/${repository.path}`, signal };
}

interface Mount {
  readonly from: Repository;
  readonly digest: string;
  readonly signal: AbortSignal | undefined;
}

async function probeMount(client: RegistryClient, repository: Repository, { from, digest, signal }: Mount): Promise<Ability> {
  return unlessRefused(async () => ((await mountBlob(client, { repository, digest, mountFrom: from, signal })) ? 'yes' : 'no'));
}

/** Sends one byte as a piece of an upload that is given back at once. */
async function probeChunks(client: RegistryClient, repository: Repository, signal: AbortSignal | undefined): Promise<Ability> {
  return unlessRefused(async () => {
    const { location } = await startUpload(client, repository, signal);
    const piece = { headers: { 'content-type': 'application/octet-stream', 'content-range': '0-0' }, body: Uint8Array.of(0), repeatable: false } as const;
    const call = { ...about(repository, signal), ...piece, method: 'PATCH', to: location, access: 'pull,push' } as const;
    const able = await probeStatus(client, call, { yes: [202, 204], no: [400, 404, 405, 411, 416, 501] });
    await cancelUpload(client, repository, location, signal);
    return able;
  });
}

async function probeStatus(
  client: RegistryClient,
  call: Omit<RegistryCall, 'accept'>,
  { yes, no }: { readonly yes: readonly number[]; readonly no: readonly number[] },
): Promise<Ability> {
  return unlessRefused(
    async () => {
      // Denials are not accepted here as answers: they make the client try other credentials first.
      const reply = await client.call({ ...call, accept: [...yes, ...no].filter((status) => status !== 401 && status !== 403) });
      await reply.discard();
      return yes.includes(reply.status) ? 'yes' : 'no';
    },
    no.includes(403) ? 'no' : 'unknown',
  );
}

async function unlessRefused(ask: () => Promise<Ability>, denied: Ability = 'unknown'): Promise<Ability> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ChangeoverError && error.code === 'denied') return denied;
    if (error instanceof ChangeoverError && (error.code === 'refused' || error.code === 'too-large')) return 'unknown';
    throw error;
  }
}
