import { closedWindow } from '../policy/change-windows.ts';
import type { ChangeWindow } from '../policy/policy.ts';
import type { Halt, Reason, WorkloadRecord } from './run-record.ts';
import { clearanceReason, type Clearance } from './release-gates.ts';
import { isFailed } from './run-failures.ts';
import type { WorkloadState } from './workload-state.ts';

/** What the policy says about starting workloads. */
export interface HoldRules {
  readonly windows: readonly ChangeWindow[];
  readonly maxSurgePods: number;
  /** What release systems said about waiting workloads; left out = none is asked. */
  readonly clearances?: ReadonlyMap<string, Clearance>;
}

/** Members of a batch that may start or go on now, and why the others do not. */
export interface Starts {
  readonly ids: ReadonlySet<string>;
  readonly holding?: Reason;
}

/** Under way and not yet done with replacing pods. */
const SURGING: readonly WorkloadState[] = ['ARTIFACT', 'READY', 'CLAIMED', 'APPLY_INTENT', 'APPLIED', 'CANARY', 'ROLLING'];

/**
 * Which members of the active batch may start: none while a window is closed, none of a stack that failed, and only as many
 * as their surge pods allow; one that alone needs more than there is runs alone. What is under way keeps its place. Pure.
 */
export function chooseStarts(
  seen: { readonly records: ReadonlyMap<string, WorkloadRecord>; readonly now: number; readonly holds?: HoldRules },
  members: ReadonlySet<string>,
): Starts {
  const { records, now, holds } = seen;
  if (!holds) return { ids: members };
  const closed = closedReason(holds.windows, now);
  if (closed) return { ids: new Set(), holding: closed };
  const frozen = frozenStacks(records);
  const own = [...members].flatMap((id) => records.get(id) ?? []).filter((record) => !frozen.has(record.item.fingerprint));
  const ids = new Set(own.filter((record) => record.state !== 'PLANNED').map((record) => record.item.id));
  let pods = surgePods(records);
  let waiting = false;
  let gated: Reason | undefined;
  for (const { state, item } of own) {
    if (state !== 'PLANNED') continue;
    const clearance = holds.clearances?.get(item.id);
    if (holds.clearances && clearance?.answer !== 'allow') {
      gated ??= clearance && clearanceReason(item.id, clearance);
      continue;
    }
    const fits = pods + item.surge <= holds.maxSurgePods || pods === 0;
    if (fits) ids.add(item.id);
    if (fits) pods += item.surge;
    waiting ||= !fits;
  }
  const holding = gated ?? (waiting ? { id: 'surge-limit', params: { limit: holds.maxSurgePods } } : undefined);
  return holding ? { ids, holding } : { ids };
}

/** The halt for what a release system denied; undefined where it denied nothing. */
export function deniedHalt(holds: HoldRules | undefined, at: string): Halt | undefined {
  const denied = [...(holds?.clearances ?? [])].filter(([, { answer }]) => answer === 'deny');
  const [first] = denied;
  if (!first) return undefined;
  return { at, id: 'release-denied', workloads: denied.map(([id]) => id), params: clearanceReason(first[0], first[1]).params };
}

/** The change window that holds everything back now. */
export function closedReason(windows: readonly ChangeWindow[], now: number): Reason | undefined {
  const closed = closedWindow(windows, now);
  return closed && { id: 'window-closed', params: { by: closed.by, ...(closed.until === undefined ? {} : { until: new Date(closed.until).toISOString() }) } };
}

/** Stacks (fingerprints) with a failure that no person has seen: what waits of them does not start. */
export function frozenStacks(records: ReadonlyMap<string, WorkloadRecord>): ReadonlySet<string> {
  return new Set([...records.values()].filter(isFailed).map((record) => record.item.fingerprint));
}

/** Pods that rollouts under way may have beyond those wanted. */
function surgePods(records: ReadonlyMap<string, WorkloadRecord>): number {
  return [...records.values()].filter((record) => SURGING.includes(record.state)).reduce((sum, record) => sum + record.item.surge, 0);
}
