import { ChangeoverError } from '../core/error.ts';
import { makeNotice } from '../core/rollout/notice.ts';
import { recordsOf, tell, type Session } from './session.ts';

/** Key in `session.said`; ids of workloads have slashes. */
const NOTICE = 'notice';

/**
 * Tells the policy's webhooks that the run has halted, or ended, as it stands now: once per drive and halt. Nothing waits
 * for the answer but `finishNotices`, and a notice that cannot be delivered is a warning.
 */
export function notify(session: Session): void {
  const run = session.run.value;
  const occasion = run.phase === 'HALTED' ? 'halt' : run.phase === 'COMPLETED' || run.phase === 'ABORTED' ? 'done' : undefined;
  const key = `${occasion} ${run.halt?.at ?? ''}`;
  if (occasion === undefined || session.said.get(NOTICE) === key) return;
  session.said.set(NOTICE, key);
  const { notifier, clock } = session.ports;
  const body = makeNotice(run, [...recordsOf(session).values()], clock.now());
  for (const rule of session.policy.notify.filter(({ on }) => on.includes(occasion))) {
    const sending: Promise<void> = Promise.resolve(notifier?.send(rule, body, session.signal))
      .catch((error: unknown) => excuse(session, error))
      .finally(() => session.notices.delete(sending));
    session.notices.add(sending);
  }
}

/** Waits until every notice is delivered or given up: each has its own few attempts. */
export async function finishNotices(session: Session): Promise<void> {
  await Promise.all(session.notices);
}

function excuse(session: Session, error: unknown): void {
  if (error instanceof ChangeoverError && error.code === 'aborted') return;
  tell(session, { type: 'warning', reason: { id: 'notice-not-sent', params: { detail: error instanceof Error ? error.message : String(error) } } });
}
