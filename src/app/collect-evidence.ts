import { redact } from '../core/redact.ts';
import type { Evidence, WorkloadRecord } from '../core/rollout/run-record.ts';
import type { PodView } from '../core/workload/pod-view.ts';
import { observe } from './observe.ts';
import type { Session } from './session.ts';

const LOG_LINES = 20;

/**
 * What the pods of a failed change say: a line per pod and the last lines of the most telling container. Best effort:
 * evidence that cannot be read never holds up the way back.
 */
export async function collectEvidence(session: Session, record: WorkloadRecord): Promise<Evidence> {
  try {
    const { newPods } = await observe(session.ports, record, { proofOf: undefined, signal: session.signal });
    const worst = [...newPods].sort((a, b) => restarts(b, record) - restarts(a, record))[0];
    const pods = newPods.slice(0, 10).map((pod) => ({ pod: pod.name, ...(pod.node === '' ? {} : { node: pod.node }), summary: summarise(pod, record) }));
    return { pods, log: worst ? await lastLines(session, record, worst) : [] };
  } catch {
    return { pods: [], log: [] };
  }
}

async function lastLines(session: Session, record: WorkloadRecord, pod: PodView): Promise<readonly string[]> {
  const query = { namespace: record.item.id.split('/')[0] ?? '', pod: pod.name, container: record.item.container, limitBytes: 64 * 1024, tailLines: LOG_LINES };
  const crashed = restarts(pod, record) > 0;
  const previous = crashed ? await session.ports.cluster.logs({ ...query, previous: true }, session.signal).catch(() => '') : '';
  const text = previous.trim() === '' ? await session.ports.cluster.logs(query, session.signal).catch(() => '') : previous;
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-LOG_LINES)
    .map((line) => redact(line.slice(0, 500)));
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
