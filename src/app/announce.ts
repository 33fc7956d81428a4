import { ChangeoverError } from '../core/error.ts';
import { kubeEvent, type KubeEventReason } from '../core/rollout/kube-event.ts';
import { recordOf, tell, type Session } from './session.ts';

/** How long the end of a drive waits for Events under way. Milliseconds. */
const LAST_WORDS_MS = 2_000;
/** Key in `session.said`; ids of workloads have slashes. */
const EVENTS = 'events';

/** Tells a workload's team what happened to it, with a Kubernetes Event beside it. One that cannot be written is a warning, once per drive. */
export function announce(session: Session, id: string, reason: KubeEventReason): void {
  const { ports, signal, announcements } = session;
  const event = kubeEvent(reason, { run: session.run.value, record: recordOf(session, id) }, { at: ports.clock.now(), instance: ports.identity });
  const writing: Promise<void> = ports.cluster
    .create(event, { signal: AbortSignal.any([signal, announcements.stop.signal]) })
    .then(() => undefined)
    .catch((error: unknown) => excuse(session, error))
    .finally(() => announcements.pending.delete(writing));
  announcements.pending.add(writing);
}

/** Lets the last Events leave, two seconds at most. */
export async function finishAnnouncements({ announcements, ports }: Session): Promise<void> {
  const enough = new AbortController();
  const waiting = ports.clock.sleep(LAST_WORDS_MS, enough.signal).catch(() => undefined);
  await Promise.race([Promise.all(announcements.pending), waiting]);
  enough.abort();
}

function excuse(session: Session, error: unknown): void {
  const code = error instanceof ChangeoverError ? error.code : undefined;
  if (code === 'conflict' || code === 'aborted' || session.said.has(EVENTS)) return; // conflict: an earlier instance has said it
  session.said.set(EVENTS, code ?? '');
  tell(session, { type: 'warning', reason: { id: 'event-not-written', params: { detail: error instanceof Error ? error.message : String(error) } } });
}
