import type { Finding } from '../finding.ts';
import type { Inspection } from '../plan/inspect-workload.ts';
import { teamOf } from '../plan/owner-team.ts';
import type { Owner } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import type { RunRecord, WorkloadRecord } from '../rollout/run-record.ts';
import { isTerminal, outcomeOf } from '../rollout/workload-state.ts';
import { writtenEdits } from '../rollout/written-edits.ts';
import { editState } from '../workload/edit-patch.ts';
import { viewPod } from '../workload/pod-view.ts';
import type { Workload } from '../workload/workload.ts';

/** A workload that is not, or not any more, as the runs left it. */
export interface DriftItem {
  /** `namespace/Kind/name`. */
  readonly id: string;
  readonly team?: string;
  readonly owner: Owner;
  readonly finding: Finding;
}

/** What the runs of a policy say of its workloads. */
export interface RunsSoFar {
  readonly policy: Policy;
  /** The newest record of each workload, by id. */
  readonly records: ReadonlyMap<string, WorkloadRecord>;
  /** What the newest plan left alone, by id. */
  readonly skipped: ReadonlyMap<string, RunRecord['skipped'][number]>;
}

/** The old agent was found in it, whatever else keeps a plan from changing it now. */
const runsOld = new Set<string | undefined>([undefined, 'locked', 'multiple-digests', 'unhealthy-before', 'paused', 'owner-reverts']);
const runsNone = new Set<string | undefined>(['no-agent', 'no-jvm']);

/** Compares the fleet as it is with what the runs left: at most one finding per workload. Pure. */
export function findDrift(inspections: readonly Inspection[], runs: RunsSoFar): readonly DriftItem[] {
  return inspections.flatMap((inspection) => {
    const finding = judge(inspection, runs);
    if (!finding) return [];
    const team = teamOf(inspection.workload, runs.policy);
    return [{ id: inspection.workload.id, ...(team === undefined ? {} : { team }), owner: inspection.owner, finding }];
  });
}

function judge(inspection: Inspection, { records, skipped }: RunsSoFar): Finding | undefined {
  const { workload, skip } = inspection;
  const record = records.get(workload.id);
  if (record?.item.uid === workload.uid) return judgeKnown(inspection, record);
  if (skip) return undefined;
  const before = skipped.get(workload.id)?.skip;
  if (before === 'no-pods') return drift('woken', {});
  if (before !== undefined) return drift('eligible-now', { was: before });
  return drift('new-workload', { created: workload.object.metadata.creationTimestamp ?? '' });
}

function judgeKnown(inspection: Inspection, record: WorkloadRecord): Finding | undefined {
  if (!isTerminal(record.state)) return undefined; // a run is at it
  if (outcomeOf(record.state) === 'migrated') return judgeMigrated(inspection, record);
  const decided = record.acknowledged === true || record.reason?.id === 'excluded';
  return !decided && runsOld.has(inspection.skip?.id) ? drift('not-migrated', { state: record.state }) : undefined;
}

function judgeMigrated(inspection: Inspection, record: WorkloadRecord): Finding | undefined {
  const { workload, skip } = inspection;
  const edits = writtenEdits(record);
  const image = inspection.business?.container.image ?? '';
  const standing = edits.filter((edit) => editState(workload.object, [edit]) === 'after');
  if (standing.length === edits.length) return judgeStanding(workload, record);
  if (record.item.delivery === 'image' && standing.length > 0) {
    return drift('half-reverted', { image, stays: standing.map((edit) => (edit.kind === 'env' ? edit.name : edit.kind)) });
  }
  if (editState(workload.object, edits) === 'before') return drift('old-agent-back', { image, agent: record.item.agent.id });
  if (skip?.id === 'already-on-target') return undefined; // its release brings the new agent
  if (runsOld.has(skip?.id)) return drift('old-agent-back', { image, agent: record.item.agent.id });
  if (runsNone.has(skip?.id)) return drift('no-agent-left', { image });
  return skip?.id === 'blocked' ? drift('agent-unknown', { image }) : undefined;
}

/** Our change stands. Pods that crash with it now are news, and so are the first pods of one that had none. */
function judgeStanding(workload: Workload, record: WorkloadRecord): Finding | undefined {
  const pods = workload.pods.map(viewPod);
  for (const pod of pods) {
    const state = pod.containers.find((each) => each.name === record.item.container);
    const crashing = state?.waiting?.reason === 'CrashLoopBackOff' || (state !== undefined && !state.ready && state.lastTerminated !== undefined);
    if (!crashing) continue;
    const ended = state.lastTerminated ?? state.terminated;
    return drift('regressed', {
      pod: pod.name,
      restarts: state.restarts,
      what: ended ? `${ended.reason || 'Error'}, exit code ${ended.exitCode}` : 'CrashLoopBackOff',
    });
  }
  const waits = record.state === 'DEFERRED_ZERO' || record.state === 'DEFERRED_VERIFY';
  return waits && pods.length > 0 ? drift('woken-unverified', { pods: pods.length }) : undefined;
}

function drift(id: string, params: Finding['params']): Finding {
  return { id, severity: 'warn', params };
}
