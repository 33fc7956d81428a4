import { ChangeoverError } from '../../core/error.ts';
import type { Skip } from '../../core/finding.ts';
import { forwardDryRun, inverseDryRun, podOfTemplate } from '../../core/rollout/dry-runs.ts';
import { answeredEdits } from '../../core/rollout/written-edits.ts';
import type { Edit } from '../../core/workload/edit.ts';
import { editState } from '../../core/workload/edit-patch.ts';
import { sealEdits, unsealEdits } from '../../core/workload/seal-edits.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { workloadRef } from '../resources.ts';
import { persist, recordOf, tell, type Session } from '../session.ts';

/**
 * Asks the API server, before anything is claimed, whether it would take the change, a pod of the new template and the way
 * back; nothing is stored. What admission writes in place of our values is kept in the record: those are the values the way
 * back will find. A skip in admission's own words where it refuses.
 */
export async function dryRun(
  session: Session,
  id: string,
  change: { readonly object: KubeObject; readonly edits: readonly Edit[] },
): Promise<Skip | undefined> {
  const record = recordOf(session, id);
  const { object } = change;
  const edits = unsealEdits(record.item.edits, change.edits);
  if (!edits) return { id: 'stale', params: { what: 'values of the pod template' } };
  const { cluster } = session.ports;
  const options = { dryRun: true, signal: session.signal };
  const patch = (ops: ReturnType<typeof forwardDryRun>): Promise<KubeObject> => cluster.patch(workloadRef(id), ops, options);

  const forward = await ask(session, { id, of: 'change' }, () => patch(forwardDryRun(object, edits, `${record.run}.${record.attempt}`)));
  if (isSkip(forward)) return forward;
  const answered = forward ? answeredEdits(forward, edits) : edits;
  if ('field' in answered) return rewritten('change', answered.field);
  const pod = await ask(session, { id, of: 'pod' }, () => cluster.create(podOfTemplate(forward ?? object), options));
  if (isSkip(pod) && !isOwnPlace(pod, record.item.surge)) return pod;
  const back = await ask(session, { id, of: 'way-back' }, () => patch(inverseDryRun(object, edits)));
  if (isSkip(back)) return back;
  if (back && editState(back, edits) !== 'before') return rewritten('way-back', 'the fields of the change');
  const { written, ...plain } = record;
  if (answered !== edits) await persist(session, { ...record, written: sealEdits(answered) });
  else if (written) await persist(session, plain);
  return undefined;
}

interface Question {
  readonly id: string;
  readonly of: 'change' | 'pod' | 'way-back';
}

/** The answer; undefined where the cluster cannot be asked, which is said and stops nothing. */
async function ask(session: Session, { id, of }: Question, question: () => Promise<KubeObject>): Promise<KubeObject | Skip | undefined> {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof ChangeoverError)) throw error;
    const detail = error.message;
    if (error.code === 'precondition') return { id: 'stale', params: { what: 'values of the pod template' } };
    if ((error.code === 'denied' && of === 'pod') || /does not support dry run|dry run is not supported/i.test(detail)) {
      tell(session, { type: 'warning', workload: id, reason: { id: 'dry-run-unasked', params: { of, detail } } });
      return undefined;
    }
    // A webhook that is down concerns the objects it watches, not the whole run.
    if (error.code === 'unreachable' && detail.includes('failed calling webhook'))
      throw new ChangeoverError('refused', detail, { retryable: true, cause: error });
    if (error.code !== 'refused') throw error;
    return { id: 'blocked', params: { of, detail } };
  }
}

function isSkip(answer: KubeObject | Skip | undefined): answer is Skip {
  return answer !== undefined && 'id' in answer && 'params' in answer;
}

/** Without surge a new pod takes the place of an old one, which a quota still counts now. */
function isOwnPlace({ params }: Skip, surge: number): boolean {
  return surge === 0 && typeof params['detail'] === 'string' && params['detail'].includes('exceeded quota');
}

function rewritten(of: Question['of'], field: string): Skip {
  return { id: 'blocked', params: { of, detail: `admission writes something else to ${field}, so that the way back would not be exact` } };
}
