import { redact } from '../core/redact.ts';
import { classifyCause } from '../core/rollout/classify-cause.ts';
import type { Observation } from '../core/rollout/observation.ts';
import type { EventNote, Evidence, Reason, WorkloadRecord } from '../core/rollout/run-record.ts';
import { formatUndoScript } from '../core/undo/undo-script.ts';
import { undoStep } from '../core/undo/undo-step.ts';
import type { PodView } from '../core/workload/pod-view.ts';
import { observe } from './observe.ts';
import { readEventNotes } from './read-event-notes.ts';
import type { Session } from './session.ts';

/** Lines that records keep and messages show; the file beside the journal has them all. */
const LOG_LINES = 20;
const READ_LINES = 500;
const READ_BYTES = 512 * 1024;
const MAX_LINE = 500;
/** Pods whose events are read. */
const EVENT_PODS = 3;

/** The whole bundle, as it is kept in a file. */
interface Bundle {
  readonly evidence: Evidence;
  readonly log: readonly string[];
  readonly observation?: Observation;
}

/**
 * What there is to see of a failed change while its pods exist: a line per pod, what Kubernetes says about them, the last
 * lines of the most telling container (of its previous instance after a crash), and the cause they point to. Kept in a file
 * beside the journal as well. Best effort: evidence that cannot be read never holds up the way back.
 */
export async function collectEvidence(session: Session, record: WorkloadRecord, reason: Reason): Promise<Evidence> {
  const bundle = await read(session, record, reason).catch((): Bundle => judged({ pods: [], log: [] }, reason, []));
  const file = await keep(session, record, { reason, bundle }).catch(() => undefined);
  return file === undefined ? bundle.evidence : { ...bundle.evidence, file };
}

/** The record with evidence, where it enters a state that a person must judge and has none yet. */
export async function withEvidence(session: Session, record: WorkloadRecord): Promise<WorkloadRecord> {
  if (record.state !== 'INCONCLUSIVE' || record.evidence || !record.reason) return record;
  return { ...record, evidence: await collectEvidence(session, record, record.reason) };
}

async function read(session: Session, record: WorkloadRecord, reason: Reason): Promise<Bundle> {
  const observation = await observe(session.ports, record, { proofOf: undefined, signal: session.signal });
  const worst = [...observation.newPods].sort((a, b) => restarts(b, record) - restarts(a, record));
  const [first] = worst;
  const uids = [observation.intentSet?.metadata.uid, ...worst.slice(0, EVENT_PODS).map((pod) => pod.uid)].filter((uid) => uid !== undefined);
  const namespace = record.item.id.split('/')[0] ?? '';
  const [log, events] = await Promise.all([
    first ? readLog(session, record, first) : [],
    readEventNotes(session.ports.cluster, { namespace, uids }, session.signal),
  ]);
  const pods = observation.newPods
    .slice(0, 10)
    .map((pod) => ({ pod: pod.name, ...(pod.node === '' ? {} : { node: pod.node }), summary: summarise(pod, record) }));
  return { ...judged({ pods, log: log.slice(-LOG_LINES), ...(events.length > 0 ? { events } : {}) }, reason, log), observation };
}

function judged(evidence: Evidence, reason: Reason, log: readonly string[]): Bundle {
  const cause = classifyCause({ reason, log, events: evidence.events ?? [] });
  return { evidence: cause ? { ...evidence, cause: { ...cause, line: redact(cause.line).slice(0, MAX_LINE) } } : evidence, log };
}

/** The file's name is the workload's and the attempt's: a retry never overwrites what was seen before it. */
async function keep(
  session: Session,
  record: WorkloadRecord,
  { reason, bundle }: { readonly reason: Reason; readonly bundle: Bundle },
): Promise<string | undefined> {
  const { item, run, attempt } = record;
  const { observation, evidence, log } = bundle;
  const document = {
    run,
    workload: item.id,
    attempt,
    at: new Date(session.ports.clock.now()).toISOString(),
    reason,
    cause: evidence.cause,
    image: { before: item.source.image, after: item.target.reference },
    pods: observation?.newPods.map((pod) => ({ ...pod, readyMessage: redact(pod.readyMessage) })) ?? [],
    replicaSet: observation?.intentSet?.metadata.name,
    events: evidence.events ?? ([] as readonly EventNote[]),
    log,
  };
  const name = `${item.id.replaceAll('/', '.')}.${attempt}`;
  await keepScript(session, record, { name: `${name}.sh`, object: observation?.object });
  return session.journal.keep?.(`${name}.json`, `${JSON.stringify(document, undefined, 2)}\n`);
}

/** The way back in plain kubectl, should nobody be left to send it. It holds exact values, as the object does. */
async function keepScript(
  session: Session,
  record: WorkloadRecord,
  { name, object }: { readonly name: string; readonly object: Observation['object'] },
): Promise<void> {
  const at = new Date(session.ports.clock.now()).toISOString();
  const undo = { run: record.run, server: `cluster ${session.run.value.clusterId}`, at, steps: [undoStep(object, record, at)] };
  await session.journal.keep?.(name, formatUndoScript(undo));
}

async function readLog(session: Session, record: WorkloadRecord, pod: PodView): Promise<readonly string[]> {
  const [namespace = ''] = record.item.id.split('/');
  const query = { namespace, pod: pod.name, container: record.item.container, limitBytes: READ_BYTES, tailLines: READ_LINES };
  const ask = (previous: boolean): Promise<string> => session.ports.cluster.logs({ ...query, previous }, session.signal).catch(() => '');
  const before = restarts(pod, record) > 0 ? await ask(true) : '';
  const text = before.trim() === '' ? await ask(false) : before;
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => redact(line.slice(0, MAX_LINE)));
}

function restarts(pod: PodView, record: WorkloadRecord): number {
  return pod.containers.find((each) => each.name === record.item.container)?.restarts ?? 0;
}

function summarise(pod: PodView, record: WorkloadRecord): string {
  const container = pod.containers.find((each) => each.name === record.item.container);
  const ended = container?.terminated ?? container?.lastTerminated;
  const parts = [
    `${record.item.container} restarts ${container?.restarts ?? 0}`,
    container?.waiting ? container.waiting.reason : '',
    ended ? `exit code ${ended.exitCode}${ended.reason === '' ? '' : ` (${ended.reason})`}` : '',
    pod.ready ? 'ready' : 'not ready',
  ];
  return parts.filter((part) => part !== '').join(', ');
}
