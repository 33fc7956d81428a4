import { ChangeoverError } from '../../core/error.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { RegistryClient } from './registry-client.ts';
import { brokenUpload, openedSession, resumeUpload, sendBytes, type UploadSession } from './upload-session.ts';

export interface Upload {
  readonly repository: Repository;
  readonly digest: string;
  readonly bytes: Uint8Array;
  readonly mountFrom?: Repository | undefined;
  /** Most likely not there: not asked for first. */
  readonly isNew?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const MAX_ATTEMPTS = 3;
/** However often a line breaks: pieces that still arrive do not make an upload endless. */
const MAX_RESUMES = 50;
/** Above this a HEAD is cheaper than sending bytes that may be there (Artifactory refuses mounts, yet shares blobs). */
const WORTH_ASKING = 64 * 1024;

/**
 * Makes a blob exist in a repository: by a mount, or by one POST and one PUT. An upload that breaks goes on where it stopped when the
 * registry can tell how far it came; else it is started again, twice.
 */
export async function uploadBlob(client: RegistryClient, upload: Upload): Promise<'existed' | 'mounted' | 'uploaded'> {
  const source = mountSource(upload);
  let session: UploadSession | undefined;
  if (source) {
    const mounted = await tryMount(client, upload, source);
    if (mounted === 'mounted') return mounted;
    session = mounted;
  }
  if (upload.isNew !== true && (!source || upload.bytes.length > WORTH_ASKING) && (await hasBlob(client, upload))) {
    if (session) await cancelUpload(client, upload.repository, session.location, upload.signal);
    return 'existed';
  }
  await uploadInto(client, upload, session);
  return 'uploaded';
}

async function uploadInto(client: RegistryClient, upload: Upload, opened: UploadSession | undefined): Promise<void> {
  let session = opened;
  for (let [attempt, resumes] = [1, 0]; ; attempt += 1) {
    session ??= await startUpload(client, upload.repository, upload.signal);
    try {
      return await sendBytes(client, upload, session);
    } catch (error) {
      const broken = brokenUpload(error, session);
      if (broken === 'for good' || attempt >= MAX_ATTEMPTS) throw error;
      const rest = broken === 'connection' && resumes < MAX_RESUMES ? await resumeUpload(client, upload, session) : undefined;
      if (rest && rest.offset > session.offset) {
        attempt = 0;
        resumes += 1;
      }
      session = rest;
    }
    if (!session && (await hasBlob(client, upload))) return;
  }
}

/** Whether the blob is in the repository, after a mount from `mountFrom` was tried. Nothing is sent. */
export async function mountBlob(client: RegistryClient, mount: Omit<Upload, 'bytes'>): Promise<boolean> {
  const source = mountSource(mount);
  const mounted = source && (await tryMount(client, mount, source));
  if (mounted === 'mounted') return true;
  if (mounted) await cancelUpload(client, mount.repository, mounted.location, mount.signal);
  return hasBlob(client, mount);
}

/** Whether the blob is in the repository. */
export async function hasBlob(client: RegistryClient, { repository, digest, signal }: Pick<Upload, 'repository' | 'digest' | 'signal'>): Promise<boolean> {
  const target = `${repository.registry}/${repository.path}`;
  const call = {
    method: 'HEAD',
    repository,
    to: `blobs/${digest}`,
    access: 'pull',
    accept: [200, 404],
    action: `look-up of ${digest}`,
    target,
    signal,
  } as const;
  const reply = await client.call(call);
  await reply.discard();
  return reply.status === 200;
}

/** Opens an upload session. */
export async function startUpload(client: RegistryClient, repository: Repository, signal: AbortSignal | undefined): Promise<UploadSession> {
  const target = `${repository.registry}/${repository.path}`;
  const call = { method: 'POST', repository, to: 'blobs/uploads/', access: 'pull,push', accept: [202], action: 'start of an upload', target, signal } as const;
  const reply = await client.call(call);
  await reply.discard();
  return openedSession(client, repository, reply);
}

/** Gives an upload session back. Registries may refuse that (it can need the delete right); they clean up in time, so nothing is reported. */
export async function cancelUpload(client: RegistryClient, repository: Repository, session: URL, signal: AbortSignal | undefined): Promise<void> {
  const target = `${repository.registry}/${repository.path}`;
  const call = { method: 'DELETE', repository, to: session, access: 'pull,push', accept: [200, 202, 204], action: 'end of an upload', target, signal } as const;
  await client.call({ ...call, repeatable: false }).then(
    (reply) => reply.discard(),
    () => undefined,
  );
}

function mountSource({ repository, mountFrom }: Pick<Upload, 'repository' | 'mountFrom'>): Repository | undefined {
  return mountFrom?.registry === repository.registry && mountFrom.path !== repository.path ? mountFrom : undefined;
}

/** `mounted`, the session a registry opens instead, or undefined when it does not want to hear of mounts at all. */
async function tryMount(client: RegistryClient, mount: Omit<Upload, 'bytes'>, source: Repository): Promise<'mounted' | UploadSession | undefined> {
  const { repository, digest, signal } = mount;
  const target = `${repository.registry}/${repository.path}`;
  const to = `blobs/uploads/?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(source.path)}`;
  try {
    const call = {
      method: 'POST',
      repository,
      to,
      access: 'pull,push',
      alsoPull: source,
      accept: [201, 202],
      action: `mount of ${digest}`,
      target,
      signal,
    } as const;
    const reply = await client.call(call);
    await reply.discard();
    return reply.status === 201 ? 'mounted' : openedSession(client, repository, reply);
  } catch (error) {
    if (error instanceof ChangeoverError && error.code === 'aborted') throw error;
    return undefined;
  }
}
