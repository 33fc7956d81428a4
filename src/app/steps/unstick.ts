import { ChangeoverError } from '../../core/error.ts';
import { viewPod } from '../../core/workload/pod-view.ts';
import { refTo, resources } from '../resources.ts';
import { enterState, note, tell, type Session } from '../session.ts';

/**
 * Deletes the pod that holds up the way back of a workload, as long as it is the very pod that was seen and still not
 * Ready: uid and resourceVersion are preconditions. What changed in between is looked at anew. May it not be deleted, a
 * person must.
 */
export async function unstick(session: Session, id: string, { pod, uid }: { readonly pod: string; readonly uid: string }): Promise<void> {
  const { cluster } = session.ports;
  const [namespace = ''] = id.split('/');
  const [live] = await cluster.list({ resource: resources.pod, namespace, fieldSelector: `metadata.name=${pod}` }, session.signal);
  const { resourceVersion } = live?.metadata ?? {};
  if (!live || live.metadata.uid !== uid || resourceVersion === undefined || viewPod(live).ready || viewPod(live).terminating) return;
  await note(session, 'delete-pod', { workload: id, data: { pod, uid } });
  try {
    await cluster.delete(refTo(resources.pod, namespace, pod), { uid, resourceVersion, signal: session.signal });
    tell(session, { type: 'workload.verdict', workload: id, verdict: 'wait', reason: { id: 'stuck-pod-deleted', params: { pod } } });
  } catch (error) {
    if (!(error instanceof ChangeoverError)) throw error;
    if (error.code === 'conflict' || error.code === 'not-found') return;
    if (error.code !== 'denied' && error.code !== 'refused') throw error;
    await enterState(session, id, 'RB_FAILED', { id: 'stuck-pod', params: { pod, namespace, detail: error.message } });
  }
}
