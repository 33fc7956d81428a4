import { z } from 'zod';
import { ChangeoverError } from '../../core/error.ts';
import type { Repository } from '../../core/image/reference.ts';
import { readText } from './read-body.ts';
import type { RegistryClient } from './registry-client.ts';
import { parseJson } from './schema.ts';

const PAGE = 1000;
const MAX_PAGES = 20;
const page = z.object({ tags: z.array(z.string()).nullish() });

/** Every tag of a repository, page by page; undefined when there is no such repository. Source: distribution-spec, "Listing Tags". */
export async function listTags(client: RegistryClient, repository: Repository, signal: AbortSignal | undefined): Promise<readonly string[] | undefined> {
  const target = `${repository.registry}/${repository.path}`;
  const tags: string[] = [];
  for (let [to, pages] = [`tags/list?n=${PAGE}`, 0]; pages < MAX_PAGES; pages += 1) {
    const reply = await client.call({ method: 'GET', repository, to, access: 'pull', accept: [200, 404], action: 'listing the tags', target, signal });
    const text = await readText(reply);
    if (reply.status === 404) return undefined;
    const found = page.safeParse(parseJson(text)).data?.tags ?? [];
    tags.push(...found);
    const next = nextPage(reply.headers['link'], found.at(-1));
    if (next === undefined) return tags;
    to = next;
  }
  throw new ChangeoverError('too-large', `the repository has more than ${PAGE * MAX_PAGES} tags`, { target });
}

/** Only the mark of where to go on is taken from the link, never its host or path. */
function nextPage(link: string | undefined, lastTag: string | undefined): string | undefined {
  const query = /<[^>?]*\?([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (query === undefined) return undefined;
  const last = new URLSearchParams(query).get('last') ?? lastTag;
  return last === undefined ? undefined : `tags/list?n=${PAGE}&last=${encodeURIComponent(last)}`;
}
