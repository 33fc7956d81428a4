import { isJsonObject } from '../../core/json.ts';
import type { AccessQuery } from '../../ports/cluster.ts';
import type { Api } from './api.ts';
import { reviewRequest } from './api-request.ts';

const AT_ONCE = 10;

/** Whether we may do each of these, by one SelfSubjectAccessReview per query, ten at a time; same order. */
export async function reviewAccess(api: Api, queries: readonly AccessQuery[], signal: AbortSignal | undefined): Promise<readonly boolean[]> {
  const answers: boolean[] = [];
  const waiting = [...queries.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, query] = next;
      answers[index] = await isAllowed(api, query, signal);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return answers;
}

async function isAllowed(api: Api, { verb, group, resource, subresource, namespace, name }: AccessQuery, signal: AbortSignal | undefined): Promise<boolean> {
  const resourceAttributes = { verb, group, resource, subresource, namespace, name };
  const { status } = await api.json(reviewRequest('authorization.k8s.io/v1', 'SelfSubjectAccessReview', { resourceAttributes }), signal);
  return isJsonObject(status) && status['allowed'] === true;
}
