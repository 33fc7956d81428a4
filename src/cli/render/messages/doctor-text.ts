import type { Check } from '../../../core/doctor/doctor-report.ts';
import { around, count, say, type Params, type Texts } from './say.ts';

/** What a fix must name to fit this call. */
export interface FixContext {
  /** Options that choose the same fleet, with a blank before each: ` -n shop`. */
  readonly flags: string;
  /** `namespace/name` of the ServiceAccount that `--rbac apply` makes. */
  readonly account: string;
}

/** What a check found, in words without a full stop. */
export function checkText({ id, status, params }: Check): string {
  return say({ ok: found, problem: problems, unknown: unknowns }[status], id, params);
}

/** What to do about a check that is not ok; undefined for one that is. */
export function fixText({ id, status, params }: Check, context: FixContext): string | undefined {
  if (status === 'ok') return undefined;
  if (status === 'unknown') return say(lookAgain, id, params);
  const hint = params['hint'];
  if (typeof hint === 'string') return hint;
  if (id !== 'permission') return say(fixes, id, params);
  return `${say(fixes, id, params)}: ${rightsFix(context)}.`;
}

/** The one fix for all rights that are missing. */
export function rightsFix({ flags, account }: FixContext): string {
  return `\`changeover doctor --rbac apply${flags} | kubectl apply -f -\`, run by an administrator, makes the ServiceAccount ${account} with exactly the rights that are needed`;
}

/** `list deployments.apps`, `get pods/log`, `get Namespace shop`: a right without its place. */
export function rightText({ params }: Check): string {
  return say({ permission: right }, 'permission', params);
}

/** Where a right is needed: rights of one place are shown together. */
export function placeText({ params }: Check): string {
  return say({ permission: place }, 'permission', params);
}

/** What a right is needed for, as a verb without `to`. */
export function whyText({ params }: Check): string {
  const why = params['why'];
  return typeof why === 'string' ? say(reasons, why, {}) : '';
}

const right = (p: Params): string => {
  if (p('resource') === 'namespaces') return p('name') === '' ? `${p('verb')} namespaces` : `${p('verb')} Namespace ${p('name')}`;
  const [resource = '', subresource] = p('resource').split('/');
  const full = `${resource}${around('.', p('group'))}${around('/', subresource ?? '')}`;
  return `${p('verb')} ${full}${around(' ', p('name'))}`;
};

const place = (p: Params): string => {
  if (p('resource') === 'namespaces') return 'on namespaces';
  return p('namespace') === '' ? 'in all namespaces' : `in namespace ${p('namespace')}`;
};

const inPlace = (p: Params): string => (p('resource') === 'namespaces' ? right(p) : `${right(p)} ${place(p)}`);

const seconds = (p: Params): string => (Math.abs(Number(p('skewMs'))) / 1000).toFixed(1);

/** What a registry can do, each ability with what it means. */
const abilitiesText = (p: Params): string => {
  const said = (name: string, yes: string, no: string): string => (p(name) === 'yes' ? yes : p(name) === 'no' ? no : '');
  const parts = [
    said('mount', 'mounts blobs', 'does not mount blobs: the agent is sent to every repository'),
    said('chunks', 'takes blobs in pieces', 'takes blobs only whole'),
    said('referrers', 'lists referrers', 'finds referrers by tag'),
    said('delete', 'deletes manifests', 'deletes nothing: `image prune` cannot work'),
    said('immutableTags', 'protects some tags', ''),
    around('has ', p('free'), ' left of its quota'),
  ];
  return `${p('registry')}${around(' (', p('product'), ')')}: ${parts.filter((part) => part !== '').join(', ') || 'nothing is told'}`;
};

const found: Texts = {
  cluster: (p) => `${p('server')}, Kubernetes ${p('version')}${around(', as ', p('user'))}`,
  permission: (p) => `may ${inPlace(p)}`,
  'state-namespace': (p) =>
    p('exists') === 'true'
      ? `namespace ${p('namespace')} holds the records of runs`
      : `namespace ${p('namespace')} does not exist yet; \`changeover apply\` creates it`,
  clock: (p) => `this machine's clock and the API server's agree (${seconds(p)} s apart)`,
  fleet: (p) => `${count(p('workloads'), 'workload')}, images from ${count(p('repositories'), 'repository', 'repositories')}`,
  registry: (p) => p('registry'),
  image: (p) => `${p('image')} can be read`,
  push: (p) => `may push to ${p('repository')}`,
  abilities: abilitiesText,
  'agent-files': (p) => `${p('agent')}${around(' ', p('version'))} from ${p('from')}, ${count(p('files'), 'file')}`,
  journal: (p) => `${p('folder')} can be written to`,
  traces: (p) => `${p('place')} answers and knows ${count(p('services'), 'service')}`,
};

const problems: Texts = {
  cluster: (p) => p('detail'),
  permission: (p) => `may not ${inPlace(p)}`,
  'state-namespace': (p) => `namespace ${p('namespace')}, which holds the records of runs, does not exist and may not be created`,
  clock: (p) =>
    `this machine's clock is ${seconds(p)} s ${Number(p('skewMs')) > 0 ? 'ahead of' : 'behind'} the API server's: ages of pods would be judged wrongly`,
  fleet: (p) => `the fleet cannot be read: ${p('detail')}`,
  registry: (p) => `${p('registry')} cannot be reached: ${p('detail')}`,
  image: (p) =>
    p('detail') === ''
      ? `the registry no longer has ${p('image')}, which pods run: there would be no way back`
      : `${p('image')} cannot be read: ${p('detail')}`,
  push: (p) => `may not push to ${p('repository')}${around(': ', p('detail'))}`,
  abilities: (p) =>
    [
      p('retention') === 'yes' ? `a rule of ${p('registry')} deletes images in time, which could take the way back` : '',
      p('full') === 'true' ? `${p('registry')} has ${p('free')} left of its quota: the new images may not fit` : '',
      p('detail'),
    ]
      .filter((part) => part !== '')
      .join('; '),
  'agent-files': (p) => `the agent's files cannot be read from ${p('from')}: ${p('detail')}`,
  journal: (p) => p('detail'),
  traces: (p) => `the trace store cannot be read: ${p('detail')}`,
};

const unknowns: Texts = {
  'state-namespace': (p) => `namespace ${p('namespace')} may not be read: whether it exists is not known`,
  fleet: () => 'not read, as rights are missing: its registries were not asked either',
  traces: (p) => `${p('place')} was not asked, as a right is missing`,
};

/** How to get to know what is not known. */
const lookAgain: Texts = {
  'state-namespace': (p) => `If it does not exist: kubectl create namespace ${p('namespace')}`,
  fleet: () => 'Get the missing rights, then run this again.',
  traces: () => 'Get the missing right, then run this again.',
};

const fixes: Texts = {
  cluster: () => 'Check --kubeconfig and --context with `kubectl version`.',
  permission: (p) => `Grant ${inPlace(p)}`,
  'state-namespace': (p) => `Create it once: kubectl create namespace ${p('namespace')}`,
  clock: () => 'Let this machine keep its time by NTP.',
  fleet: () => 'Check spec.select of the policy and the -n option.',
  registry: () => 'Check the network and spec.registries of the policy.',
  image: () => 'Push the image again by its digest, or let the workload be redeployed before you plan.',
  push: (p) => `Allow your registry account to push to ${p('repository')}, or choose another place with spec.image.to and spec.image.agentRepository.`,
  abilities: () => 'Let the retention rules keep the images that run now, and those of the plan; make room where the quota is short.',
  'agent-files': () => 'Check spec.to.files of the policy.',
  journal: () => 'Make the folder writable, or set XDG_STATE_HOME.',
  traces: () => 'Check spec.verify.jaeger of the policy.',
};

const reasons: Texts = {
  'identify-cluster': () => 'tell this cluster and its namespaces from others',
  'select-namespaces': () => 'find the namespaces that the policy selects by label',
  'find-workloads': () => 'find the workloads',
  'free-rollbacks': () => 'delete the one pod that holds up the way back of a StatefulSet',
  'find-pods': () => 'find what the workloads run',
  'probe-boot': () => 'start the JVM of each stack once with the new image and options, in a short pod of our own',
  'read-owners': () => 'see whether Argo CD or Flux would undo a change',
  'read-variables': () => 'read variables that come from ConfigMaps',
  'change-workloads': () => 'change workloads and put them back',
  'prove-agent': () => 'prove which agent runs, and keep what failed pods said',
  'tell-teams': () => "tell the workloads' teams what changed",
  'read-events': () => 'keep what Kubernetes says about failed pods',
  'read-records': () => 'read the records of runs',
  'keep-records': () => 'keep the records of runs',
  'hold-lease': () => 'keep two instances from driving one run',
  'read-traces': () => 'verify that traces arrive',
};

/** Every id of a check, and of what a right is for, that there is a text for. */
export const doctorTexts = { found, problems, unknowns, lookAgain, fixes, reasons };
