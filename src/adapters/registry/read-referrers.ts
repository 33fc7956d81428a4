import { ChangeoverError } from '../../core/error.ts';
import type { Referrer } from '../../ports/registry.ts';
import { MAX_MANIFEST, readManifest } from './manifests.ts';
import type { BlobRequest } from './read-blob.ts';
import { askUntilWhole, readBytes } from './read-body.ts';
import type { RegistryClient } from './registry-client.ts';
import { parseReferrers } from './schema.ts';

/** Pages of the referrers API; more signatures than fit in them are a mistake of somebody. */
const MAX_PAGES = 50;

/**
 * What refers to a manifest. A registry without the API (404) may keep the list under a tag named like the digest, which clients maintain.
 * Source: distribution-spec, "Listing Referrers" and "Referrers Tag Schema".
 */
export function readReferrers(client: RegistryClient, subject: BlobRequest): Promise<readonly Referrer[]> {
  return askUntilWhole(() => readPages(client, subject));
}

async function readPages(client: RegistryClient, subject: BlobRequest): Promise<readonly Referrer[]> {
  const { repository, digest, target, signal } = subject;
  const found: Referrer[] = [];
  let to: string | URL | undefined = `referrers/${digest}`;
  for (let page = 1; to !== undefined && page <= MAX_PAGES; page += 1) {
    const call = { method: 'GET', repository, access: 'pull', accept: [200, 404], action: 'listing the referrers', target, signal } as const;
    const reply = await client.call({ ...call, to });
    // An answer of another kind is some page for people: that API is not there.
    if (reply.status === 404 || !/json/.test(reply.headers['content-type'] ?? '')) {
      await reply.discard();
      return found.length > 0 ? found : readTagged(client, subject);
    }
    found.push(...parse(await readBytes(reply, MAX_MANIFEST, target), target));
    const next = nextPage(reply.headers['link']);
    to = next === undefined ? undefined : client.transport.follow(next, client.transport.baseUrl(repository.registry), target);
  }
  return found;
}

async function readTagged(client: RegistryClient, { repository, digest, target, signal }: BlobRequest): Promise<readonly Referrer[]> {
  const [algorithm = '', encoded = ''] = digest.split(':');
  const tagged = await readManifest(client, { repository, reference: `${algorithm}-${encoded.slice(0, 64)}`, signal });
  return tagged ? parse(tagged.bytes, target) : [];
}

function parse(bytes: Uint8Array, target: string): readonly Referrer[] {
  const referrers = parseReferrers(bytes);
  if (referrers) return referrers;
  throw new ChangeoverError('refused', 'the list of referrers the registry gave is not an image index', { target });
}

function nextPage(link: string | undefined): string | undefined {
  return /<([^>]+)>\s*;[^,]*\brel="?next"?/.exec(link ?? '')?.[1];
}
