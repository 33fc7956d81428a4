import { assertNever } from '../error.ts';
import { kindRights } from './kind-rights.ts';

/** What somebody means to do: look and plan; run a plan, with decisions, verify and undo; look for drift. */
export type Task = 'plan' | 'apply' | 'drift';

/** Where a run takes place. */
export interface FleetScope {
  /** The fleet's namespaces; `all` = every namespace there is. */
  readonly namespaces: readonly string[] | 'all';
  /** The policy finds its namespaces by their labels. */
  readonly byLabel: boolean;
  readonly stateNamespace: string;
  /** Kinds of workloads the policy selects; left out = Deployments alone. */
  readonly kinds?: readonly string[];
  /** `namespace/name:port` of the trace store, where it is reached through the API server. */
  readonly traces?: string;
}

/** A right the API server must grant: verbs on a resource, in one namespace or, without it, in the whole cluster. */
export interface Right {
  readonly namespace?: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  /** Only these objects; left out = all. */
  readonly names?: readonly string[];
  readonly verbs: readonly string[];
  /** Stable id of what it is needed for. */
  readonly why: string;
}

/** A line of the table of rights. */
export interface Row extends Omit<Right, 'namespace' | 'names'> {
  readonly place: 'cluster' | 'namespaces' | 'by-label' | 'fleet' | 'state' | 'traces';
  readonly tasks: readonly Task[];
}

const all: readonly Task[] = ['plan', 'apply', 'drift'];

/** Every call the program makes of the API server, whatever the kinds of workloads are, but for the questions about oneself that everybody may ask. */
const table: readonly Row[] = [
  { place: 'namespaces', group: '', resource: 'namespaces', verbs: ['get'], tasks: all, why: 'identify-cluster' },
  { place: 'by-label', group: '', resource: 'namespaces', verbs: ['list'], tasks: all, why: 'select-namespaces' },
  { place: 'fleet', group: '', resource: 'pods', verbs: ['list'], tasks: all, why: 'find-pods' },
  { place: 'fleet', group: '', resource: 'configmaps', verbs: ['get'], tasks: all, why: 'read-variables' },
  { place: 'fleet', group: '', resource: 'pods', subresource: 'log', verbs: ['get'], tasks: ['apply'], why: 'prove-agent' },
  { place: 'fleet', group: '', resource: 'pods', verbs: ['create', 'get', 'delete'], tasks: ['apply'], why: 'probe-boot' },
  { place: 'fleet', group: '', resource: 'events', verbs: ['create'], tasks: ['apply'], why: 'tell-teams' },
  { place: 'fleet', group: '', resource: 'events', verbs: ['list'], tasks: ['apply'], why: 'read-events' },
  { place: 'cluster', group: 'argoproj.io', resource: 'applications', verbs: ['get'], tasks: all, why: 'read-owners' },
  { place: 'cluster', group: 'kustomize.toolkit.fluxcd.io', resource: 'kustomizations', verbs: ['get'], tasks: all, why: 'read-owners' },
  { place: 'cluster', group: 'helm.toolkit.fluxcd.io', resource: 'helmreleases', verbs: ['get'], tasks: all, why: 'read-owners' },
  { place: 'state', group: '', resource: 'configmaps', verbs: ['get', 'list'], tasks: ['apply', 'drift'], why: 'read-records' },
  { place: 'state', group: '', resource: 'configmaps', verbs: ['create', 'update'], tasks: ['apply'], why: 'keep-records' },
  { place: 'state', group: 'coordination.k8s.io', resource: 'leases', verbs: ['get'], tasks: ['apply', 'drift'], why: 'read-records' },
  { place: 'state', group: 'coordination.k8s.io', resource: 'leases', verbs: ['create', 'update'], tasks: ['apply'], why: 'hold-lease' },
  { place: 'traces', group: '', resource: 'services', subresource: 'proxy', verbs: ['get'], tasks: ['apply'], why: 'read-traces' },
];

/** Exactly what a task needs in a place. */
export function rightsFor(task: Task, scope: FleetScope): readonly Right[] {
  const rows = [...table, ...kindRights(scope.kinds ?? ['Deployment'])];
  return rows.filter((row) => row.tasks.includes(task)).flatMap((row) => spread(row, task, scope));
}

function spread({ place, tasks: _tasks, ...right }: Row, task: Task, scope: FleetScope): readonly Right[] {
  const fleet = scope.namespaces === 'all' ? [] : scope.namespaces;
  switch (place) {
    case 'namespaces':
      return [{ ...right, names: [...new Set(['kube-system', ...(task === 'plan' ? [] : [scope.stateNamespace]), ...fleet])] }];
    case 'cluster':
      return [right];
    case 'by-label':
      return scope.byLabel ? [right] : [];
    case 'fleet':
      return scope.namespaces === 'all' ? [right] : fleet.map((namespace) => ({ ...right, namespace }));
    case 'state':
      return [{ ...right, namespace: scope.stateNamespace }];
    case 'traces': {
      const [namespace, name] = scope.traces?.split('/') ?? [];
      return namespace === undefined || name === undefined ? [] : [{ ...right, namespace, names: [name] }];
    }
    default:
      return assertNever(place);
  }
}
