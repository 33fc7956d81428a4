import { findKind } from '../workload/kinds/kind-of.ts';
import type { WorkloadKind } from '../workload/kinds/workload-kind.ts';
import type { Row, Task } from './permissions.ts';

const all: readonly Task[] = ['plan', 'apply', 'drift'];

/** What the kinds of workloads of a policy need: only those it selects, and the right to delete pods only where a way back may need it. */
export function kindRights(names: readonly string[]): readonly Row[] {
  const kinds = [...new Set(names)].flatMap((name) => findKind(name) ?? []);
  const revisions = new Set(kinds.map((kind) => kind.revisions));
  const kept = (resource: string): Row => ({ place: 'fleet', group: 'apps', resource, verbs: ['list'], tasks: all, why: 'find-pods' });
  return [
    ...kinds.flatMap(rightsOf),
    ...(revisions.has('ReplicaSet') ? [kept('replicasets')] : []),
    ...(revisions.has('ControllerRevision') ? [kept('controllerrevisions')] : []),
    ...(kinds.some((kind) => kind.waitsForBadPods) ? [deletePods] : []),
  ];
}

const deletePods: Row = { place: 'fleet', group: '', resource: 'pods', verbs: ['delete'], tasks: ['apply'], why: 'free-rollbacks' };

function rightsOf({ resource }: WorkloadKind): readonly Row[] {
  const group = resource.apiVersion.split('/')[0] ?? '';
  const place = { place: 'fleet', group, resource: resource.plural } as const;
  return [
    { ...place, verbs: ['list'], tasks: all, why: 'find-workloads' },
    { ...place, verbs: ['get', 'patch'], tasks: ['apply'], why: 'change-workloads' },
  ];
}
