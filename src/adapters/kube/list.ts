import { ChangeoverError } from '../../core/error.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import type { ListQuery } from '../../ports/cluster.ts';
import type { Api } from './api.ts';
import { aboutList, collectionPath, queryString } from './api-request.ts';
import { textAt } from './text-at.ts';

export interface Listed {
  readonly items: readonly KubeObject[];
  /** Where a watch goes on from. */
  readonly resourceVersion: string;
}

const PAGE = 500;
const MAX_PAGE_BYTES = 64 * 1024 * 1024;
const MAX_PAGES = 2_000;

/** Every item, across pages of 500. A list that expires half-way (410) starts over once. */
export async function listAll(api: Api, query: ListQuery, signal?: AbortSignal): Promise<Listed> {
  try {
    return await readPages(api, query, signal);
  } catch (error) {
    if (!(error instanceof ChangeoverError && error.code === 'gone')) throw error;
    return await readPages(api, query, signal);
  }
}

async function readPages(api: Api, query: ListQuery, signal: AbortSignal | undefined): Promise<Listed> {
  const { resource, namespace, labelSelector, fieldSelector } = query;
  const items: KubeObject[] = [];
  let next = '';
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const path = collectionPath(resource, namespace) + queryString({ limit: PAGE, labelSelector, fieldSelector, continue: next || undefined });
    const body = await api.json({ verb: 'list', path, ...aboutList(query), maxBytes: MAX_PAGE_BYTES }, signal);
    const found = Array.isArray(body['items']) ? body['items'].filter(isJsonObject) : [];
    for (const item of found) items.push(withKind(item, query));
    next = textAt(body, 'metadata', 'continue');
    if (next === '') return { items, resourceVersion: textAt(body, 'metadata', 'resourceVersion') };
  }
  throw new ChangeoverError('too-large', `there are more than ${MAX_PAGES * PAGE} ${aboutList(query).subject}`, { hint: 'Name namespaces or a selector.' });
}

/** Items of a list carry no kind of their own. */
function withKind(item: JsonObject, { resource }: ListQuery): KubeObject {
  return { apiVersion: resource.apiVersion, kind: resource.kind, ...item } as JsonObject as KubeObject;
}
