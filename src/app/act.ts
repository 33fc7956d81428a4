import { assertNever, ChangeoverError, type ErrorCode } from '../core/error.ts';
import type { Action } from '../core/rollout/decide.ts';
import type { Reason } from '../core/rollout/run-record.ts';
import { withEvidence } from './collect-evidence.ts';
import { notify } from './notify.ts';
import { enterState, persist, persistRun, saidText, tell, type Session } from './session.ts';
import { apply, fence, recoverStep } from './steps/apply.ts';
import { claim, release } from './steps/claim.ts';
import { fail, rollback, succeed } from './steps/finish-workload.ts';
import { prepare } from './steps/prepare.ts';
import { promote } from './steps/promote.ts';
import { unstick } from './steps/unstick.ts';

const PREPARE_ATTEMPTS = 5;
/** With their rests, about seven minutes. */
const ROLLBACK_ATTEMPTS = 18;
/** Errors of a preparation that every other workload would meet as well. */
const common = new Set<ErrorCode>(['denied', 'unreachable', 'timeout', 'rate-limited', 'plan-mismatch', 'invalid-file', 'usage']);

/**
 * Carries out one action. A lost answer or a busy server leaves the record as it is: the next look finds out what
 * happened. What keeps one workload from being prepared skips that one; what would keep everybody stops the run from
 * starting more, and is thrown once everything in flight has settled. Nothing else may leave pods unwatched.
 */
export async function act(session: Session, action: Action): Promise<void> {
  try {
    await carryOut(session, action);
    if ('id' in action) session.attempts.delete(action.kind === 'rollback' ? `rollback ${action.id}` : action.id);
  } catch (error) {
    if (!(error instanceof ChangeoverError) || session.signal.aborted) throw error;
    if (action.kind === 'prepare') return await giveUpPreparing(session, action.id, error);
    if (action.kind === 'rollback' && error.code !== 'locked') return await giveUpRollback(session, action.id, error);
    if (!error.retryable) throw error;
    await waitToRetry(session, action, error);
  }
}

async function giveUpPreparing(session: Session, id: string, error: ChangeoverError): Promise<void> {
  const attempts = (session.attempts.get(id) ?? 0) + 1;
  session.attempts.set(id, attempts);
  if (error.retryable && attempts < PREPARE_ATTEMPTS) return waitToRetry(session, { kind: 'prepare', id }, error);
  if (!common.has(error.code)) return void (await enterState(session, id, 'SKIPPED', { id: 'blocked', params: { detail: error.message } }));
  session.trouble ??= error;
  await enterState(session, id, 'PLANNED');
}

/** A way back that cannot be sent is tried for some minutes with growing rests; then a person must know. */
async function giveUpRollback(session: Session, id: string, error: ChangeoverError): Promise<void> {
  const key = `rollback ${id}`;
  const attempts = (session.attempts.get(key) ?? 0) + 1;
  session.attempts.set(key, attempts);
  if (error.retryable && attempts < ROLLBACK_ATTEMPTS) return waitToRetry(session, { kind: 'rollback', id }, error, 1_000 * 2 ** attempts);
  session.attempts.delete(key);
  await enterState(session, id, 'RB_FAILED', { id: 'rollback-unanswered', params: { workload: id, attempts, detail: error.message } });
}

async function waitToRetry(session: Session, action: Action, error: ChangeoverError, restMs = 2_000): Promise<void> {
  const reason = { id: 'retrying', params: { what: action.kind, detail: error.message } };
  tell(session, { type: 'warning', reason, ...('id' in action ? { workload: action.id } : {}) });
  await session.ports.clock.sleep(Math.min(error.retryAfterMs ?? restMs, 30_000), session.signal);
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
    case 'promote':
      return promote(session, action.id);
    case 'succeed':
      return succeed(session, action.id);
    case 'fail':
      return fail(session, action.id, action.reason);
    case 'rollback':
      return rollback(session, action.id);
    case 'unstick':
      return unstick(session, action.id, action);
    case 'record':
      return recordIt(session, action);
    case 'waiting':
      return sayWaiting(session, action.id, action.waitingFor);
    case 'gate':
      return persistRun(session, { ...session.run.value, gate: action.gate });
    case 'holding':
      return sayHolding(session, action.waitingFor);
    case 'halt':
      return halt(session, action);
    case 'finish':
      return finish(session);
    default:
      return assertNever(action);
  }
}

async function recordIt(session: Session, action: Action & { readonly kind: 'record' }): Promise<void> {
  await persist(session, await withEvidence(session, action.record), action.waitingFor);
}

async function halt(session: Session, action: Action & { readonly kind: 'halt' }): Promise<void> {
  await persistRun(session, { ...session.run.value, phase: 'HALTED', halt: action.halt });
  notify(session);
  tell(session, { type: 'run.halted', reason: { id: action.halt.id, params: action.halt.params ?? {} }, workloads: action.halt.workloads });
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

/** Key in `session.said`; ids of workloads have slashes. */
const GATE = 'gate';

async function sayHolding(session: Session, reason: Reason): Promise<void> {
  const text = saidText(reason);
  if (session.said.get(GATE) === text) return;
  session.said.set(GATE, text);
  tell(session, { type: 'warning', reason });
}
