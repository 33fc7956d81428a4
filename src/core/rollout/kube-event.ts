import { createHash } from 'node:crypto';
import type { Edit } from '../workload/edit.ts';
import { findKind } from '../workload/kinds/kind-of.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import type { Decision, RunRecord, WorkloadRecord } from './run-record.ts';

/** What a workload's team is told through Kubernetes Events. */
export type KubeEventReason = 'ChangeoverApplied' | 'ChangeoverMigrated' | 'ChangeoverRolledBack';

/** The most an Event's text may hold. */
const MAX_MESSAGE = 1_000;

const verbs = { ChangeoverApplied: 'Apply', ChangeoverMigrated: 'Migrate', ChangeoverRolledBack: 'RollBack' } as const satisfies Record<
  KubeEventReason,
  string
>;

/**
 * The Event (v1) that tells a workload's team who changed what and why: `kubectl describe` shows it. Its name comes from the
 * run, the attempt and the reason, so that a rerun says nothing twice. `at` is milliseconds since the epoch, `instance` who writes it.
 */
export function kubeEvent(
  reason: KubeEventReason,
  about: { readonly run: RunRecord; readonly record: WorkloadRecord },
  written: { readonly at: number; readonly instance: string },
): KubeObject {
  const { run, record } = about;
  const [namespace = '', kind = '', name = ''] = record.item.id.split('/');
  const time = new Date(written.at).toISOString().replace(/\.\d+Z$/, 'Z');
  const once = createHash('sha256')
    .update(JSON.stringify([run.name, record.item.id, record.intent, reason]))
    .digest('hex')
    .slice(0, 16);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, 230).replace(/[^a-z0-9]+$/, '')}.${once}`, namespace, labels: { 'app.kubernetes.io/managed-by': 'changeover' } },
    involvedObject: { apiVersion: findKind(kind)?.resource.apiVersion ?? 'apps/v1', kind, namespace, name, uid: record.item.uid },
    reason,
    action: verbs[reason],
    type: reason === 'ChangeoverRolledBack' && decisionOf(run, record) === undefined ? 'Warning' : 'Normal',
    message: textOf(reason, run, record).slice(0, MAX_MESSAGE),
    source: { component: 'changeover' },
    reportingComponent: 'changeover',
    reportingInstance: written.instance.slice(0, 128),
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}

function textOf(reason: KubeEventReason, run: RunRecord, record: WorkloadRecord): string {
  const started = `run ${run.name}, started by ${run.startedBy}${run.startedAs === undefined ? '' : ` as ${run.startedAs}`}${because(run.reason, run.ticket)}`;
  const { container, edits } = record.item;
  if (reason === 'ChangeoverApplied') return `tracing agent of container ${container} replaced: ${changes(edits, 'after')} (${started})`;
  if (reason === 'ChangeoverMigrated')
    return `tracing agent of container ${container} replaced, new pods stayed Ready: ${changes(edits, 'after')} (${started})`;
  const decision = decisionOf(run, record);
  const why = decision ? `asked for by ${decision.by}${because(decision.reason, undefined)}` : `new pods failed: ${record.reason?.id ?? 'unknown'}`;
  return `container ${container} put back to exactly what was there: ${changes(edits, 'before')}; ${why} (${started})`;
}

/** Images with both values; of all else the name alone, as values may hold credentials. */
function changes(edits: readonly Edit[], to: 'before' | 'after'): string {
  const images = edits.flatMap((edit) => (edit.kind === 'image' ? [`image ${to === 'after' ? edit.before : edit.after} -> ${edit[to]}`] : []));
  const others = edits.flatMap((edit) => (edit.kind === 'image' ? [] : [edit.kind === 'env' ? edit.name : `${edit.field}[${edit.index}]`]));
  return [...images, ...others].join(', ');
}

function because(reason: string | undefined, ticket: string | undefined): string {
  const parts = [reason, ticket === undefined ? undefined : `ticket ${ticket}`].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

/** The decision of a person that a rollback carries out; undefined where a failure caused it. */
export function decisionOf(run: RunRecord, record: WorkloadRecord): Decision | undefined {
  if (record.reason?.id !== 'requested') return undefined;
  const { id } = record.item;
  return run.decisions.findLast(({ kind, targets }) => (kind === 'rollback' || kind === 'abort') && (targets.length === 0 || targets.includes(id)));
}
