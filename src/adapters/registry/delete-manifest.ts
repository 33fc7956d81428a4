import type { BlobRequest } from './read-blob.ts';
import type { RegistryClient } from './registry-client.ts';

/** Deletes a manifest by digest; false when it was not there. Throws `denied`, or `refused` where the registry does not delete (HTTP 405). */
export async function deleteManifest(client: RegistryClient, { repository, digest, target, signal }: BlobRequest): Promise<boolean> {
  const call = {
    method: 'DELETE',
    repository,
    to: `manifests/${digest}`,
    access: 'pull,delete',
    accept: [200, 202, 404],
    action: 'deleting the manifest',
  } as const;
  const reply = await client.call({ ...call, target, signal });
  await reply.discard();
  return reply.status !== 404;
}
