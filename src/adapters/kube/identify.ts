import { createHash } from 'node:crypto';
import { ChangeoverError } from '../../core/error.ts';
import type { ClusterIdentity } from '../../ports/cluster.ts';
import type { Api } from './api.ts';
import { readRequest, reviewRequest } from './api-request.ts';
import { textAt } from './text-at.ts';

/**
 * Which cluster this is and who we are there. What we may not read is left empty (the id then is a hash of server and
 * CA), but a server that tells nothing at all is an error.
 */
export async function identify(api: Api, ca: string | undefined, signal: AbortSignal | undefined): Promise<ClusterIdentity> {
  const { server } = api.peer;
  const namespaces = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
  const answers = await Promise.allSettled([
    api.find(readRequest({ resource: namespaces, namespace: '', name: 'kube-system' }), signal),
    api.json({ verb: 'get', path: '/version', target: server, subject: 'version' }, signal),
    api.json(reviewRequest('authentication.k8s.io/v1', 'SelfSubjectReview'), signal),
  ]);
  const reasons = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  const fatal = reasons.length === answers.length ? reasons[0] : reasons.find((reason) => !isRefusal(reason));
  if (fatal !== undefined) throw fatal;
  const [namespace, version, review] = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : undefined));
  const uid = textAt(namespace, 'metadata', 'uid');
  const id =
    uid === ''
      ? createHash('sha256')
          .update(`${server}\n${ca ?? ''}`)
          .digest('hex')
      : uid;
  return { id, server, version: textAt(version, 'gitVersion'), user: textAt(review, 'status', 'userInfo', 'username') };
}

function isRefusal(reason: unknown): boolean {
  return reason instanceof ChangeoverError && (reason.code === 'denied' || reason.code === 'not-found');
}
