import { assertNever, ChangeoverError } from '../core/error.ts';
import type { Action } from '../core/rollout/decide.ts';
import type { Reason } from '../core/rollout/run-record.ts';
import { persist, persistRun, saidText, tell, type Session } from './session.ts';
import { apply, fence, recoverStep } from './steps/apply.ts';
import { claim, release } from './steps/claim.ts';
import { fail, rollback, succeed } from './steps/finish-workload.ts';
import { prepare } from './steps/prepare.ts';

/**
 * Carries out one action. A lost answer or a busy server leaves the record as it is: the next look finds out what
 * happened. Errors that a retry cannot mend end the drive, with everything stored.
 */
export async function act(session: Session, action: Action): Promise<void> {
  try {
    await carryOut(session, action);
  } catch (error) {
    if (!(error instanceof ChangeoverError) || !error.retryable || session.signal.aborted) throw error;
    const reason = { id: 'retrying', params: { what: action.kind, detail: error.message } };
    tell(session, { type: 'warning', reason, ...('id' in action ? { workload: action.id } : {}) });
    await session.ports.clock.sleep(Math.min(error.retryAfterMs ?? 2_000, 30_000), session.signal);
  }
}

function carryOut(session: Session, action: Action): Promise<void> {
  switch (action.kind) {
    case 'prepare':
      return prepare(session, action.id);
    case 'claim':
      return claim(session, action.id);
    case 'release':
      return release(session, action.id);
    case 'apply':
      return apply(session, action.id);
    case 'recover':
      return recoverStep(session, action.id);
    case 'fence':
      return fence(session, action.id);
    case 'succeed':
      return succeed(session, action.id);
    case 'fail':
      return fail(session, action.id, action.reason);
    case 'rollback':
      return rollback(session, action.id);
    case 'record':
      return persist(session, action.record, action.waitingFor).then(() => undefined);
    case 'waiting':
      return sayWaiting(session, action.id, action.waitingFor);
    case 'halt':
      return halt(session, action);
    case 'finish':
      return finish(session);
    default:
      return assertNever(action);
  }
}

async function halt(session: Session, action: Action & { readonly kind: 'halt' }): Promise<void> {
  await persistRun(session, { ...session.run.value, phase: 'HALTED', halt: action.halt });
  tell(session, { type: 'run.halted', reason: { id: action.halt.id, params: {} }, workloads: action.halt.workloads });
}

async function finish(session: Session): Promise<void> {
  const finishedAt = new Date(session.ports.clock.now()).toISOString();
  await persistRun(session, { ...session.run.value, phase: 'COMPLETED', finishedAt });
}

/** Said only when what is waited for has changed; a running countdown is the viewer's business. */
async function sayWaiting(session: Session, id: string, reason: Reason): Promise<void> {
  const text = saidText(reason);
  if (session.said.get(id) === text) return;
  session.said.set(id, text);
  tell(session, { type: 'workload.verdict', workload: id, verdict: 'wait', reason });
}
