import type { Finding } from '../../../core/finding.ts';
import { isJsonObject } from '../../../core/json.ts';
import type { Reason } from '../../../core/rollout/run-record.ts';
import { formatClock } from '../duration.ts';
import { bootNotProven } from './boot-text.ts';
import { findingText } from './finding-text.ts';
import { holdingText, unseenText } from './gate-text.ts';
import { around, count, say, type Texts } from './say.ts';
import { holdTexts } from './hold-text.ts';
import { skipTexts } from './skip-text.ts';

/** Why a workload is where it is, or what it waits for, in words. */
export function reasonText(reason: Reason): string {
  const [finding] = Array.isArray(reason.params['findings']) ? reason.params['findings'] : [];
  if (typeof finding === 'string') return findingText({ id: finding, params: reason.params as Finding['params'] });
  const detail = reason.params['detail'];
  // What one pod says comes along as an object: it is said after the sentence about all of them.
  if (!isJsonObject(detail)) return say(reasonTexts, reason.id, reason.params);
  return say(reasonTexts, reason.id, { ...reason.params, detail: say(podTexts, 'pod', detail) });
}

/** Milliseconds a reason says are left; undefined where it counts nothing down. */
export function leftMsOf(reason: Reason): number | undefined {
  const left = reason.params['leftMs'];
  return typeof left === 'number' ? left : undefined;
}

/** What keeps one pod from being Ready; its name last, as the first to be cut. */
const podTexts: Texts = { pod: (p) => `${around('', p('what'), p('detail') === '' ? '' : ': ')}${p('detail')}${around(' (pod ', p('pod'), ')')}` };

const waiting: Texts = {
  controller: () => 'waiting for the controller to see the change',
  'new-replicaset': () => 'waiting for the new revision',
  'canary-pod': (p) => `waiting for the first new pod to be Ready${around('; ', p('detail'))}`,
  'scaled-to-zero': () => 'scaled to zero: waiting for the last pods to end',
  unverified: (p) =>
    p('because') === 'next-run'
      ? 'the change is in place for the next run: nothing has run that could be judged'
      : 'no pod is wanted since the change: it stays, and nothing ran that could be judged',
  'paused-by-others': () =>
    'somebody stopped the rollout after the change (paused, or a partition): nothing goes on until they let it (`kubectl rollout resume`)',
  'stuck-pod-deleted': (p) => `pod ${p('pod')} held up the way back and was deleted: it was not Ready and of the new template`,
  pods: (p) => `${p('ready')} of ${count(p('wanted'), 'new pod')} Ready${p('old') === '0' ? '' : `, ${p('old')} old left`}${around('; ', p('detail'))}`,
  'pod-not-ready': (p) => `pod ${p('pod')} is not Ready${around(': ', p('detail'))}`,
  infrastructure: (p) => `pod ${p('pod')} cannot run for a reason outside the change: ${p('what')}${around(': ', p('detail'))}`,
  proof: (p) =>
    p('from') === 'spans'
      ? `waiting for a span of the new agent from pod ${p('pod')}${around('; the trace store does not say: ', p('detail'))}`
      : `waiting for the new agent's line in the log of pod ${p('pod')}`,
  'gate-holding': holdingText,
  'gate-not-read': unseenText,
  ...holdTexts,
  soak: (p) => `${formatClock(Number(p('leftMs')))} left, ${count(p('pods'), 'pod')} Ready`,
  drill: () => 'the way back is tried: it turns back once and then goes forward again (rollout.drill)',
  drilled: (p) => `the way back took ${formatClock(Number(p('tookMs')))}: forward once more`,
  'rollback-pods': (p) => `${p('ready')} of ${count(p('wanted'), 'old pod')} Ready${p('new') === '0' ? '' : `, ${p('new')} new left`}`,
  'rollback-soak': (p) => `old pods Ready, watched for ${formatClock(Number(p('leftMs')))} more`,
};

/** What a person types where the old template is back and its pods are not well. */
function lookByHand(id: string): string {
  const [namespace, kind = '', name] = id.split('/');
  const at = `kubectl -n ${namespace}`;
  return id === ''
    ? ''
    : `. Look: \`${at} rollout status ${kind.toLowerCase()}/${name}\`, \`${at} get pods -o wide\`, \`${at} describe ${kind.toLowerCase()}/${name}\``;
}

/** What a person types where the old values are not back. */
function undoByHand(id: string): string {
  return id === '' ? '' : `. By hand: \`changeover undo --print ${id} > back.sh && sh back.sh\`; or read the old values with \`${readMarkerCommand(id)}\``;
}

function readMarkerCommand(id: string): string {
  const [namespace, kind = '', name] = id.split('/');
  return `kubectl -n ${namespace} get ${kind.toLowerCase()} ${name} -o jsonpath='{.metadata.annotations.changeover\\.dev/marker}'`;
}

const failing: Texts = {
  'container-crashed': (p) => `the container exited with code ${p('exitCode')} (${count(p('restarts'), 'restart')}, pod ${p('pod')})`,
  'container-restarted': (p) => `the container was restarted ${count(p('restarts'), 'time')} (pod ${p('pod')})`,
  'container-config': (p) => `the container cannot be created: ${p('detail')} (pod ${p('pod')})`,
  'out-of-memory': (p) => `the container ran out of memory (OOMKilled, ${count(p('restarts'), 'restart')}, pod ${p('pod')})`,
  'image-pull': (p) => `the new image cannot be pulled: ${p('detail')} (pod ${p('pod')})`,
  'pod-failed': (p) => `pod ${p('pod')} failed${around(': ', p('detail'))}`,
  'readiness-flaps': (p) => `pod ${p('pod')} stopped being Ready ${count(p('times'), 'time')} during the soak`,
  'wrong-agent': (p) => `the log of pod ${p('pod')} shows another agent, ${p('agent')}: ${p('line')}`,
  'two-agents': (p) => `the log of pod ${p('pod')} shows two agents in one JVM: ${p('line')}`,
  'no-proof': (p) =>
    p('from') === 'spans'
      ? `no span of the new agent came from pod ${p('pod')} before its soak ended${around(' (', p('detail'), ')')}: which agent runs is not known`
      : `the log of pod ${p('pod')} shows no agent within 60 s of its start: which agent runs is not known`,
  admission: (p) => `the cluster refuses the new pods: ${p('detail')}`,
  unsettled: (p) => `pods came and went ${count(p('times'), 'time')} during the soak (scaling, evictions), so that it never ended: it is left as it is`,
  'no-replicaset': () =>
    'the Deployment controller made no new ReplicaSet within 60 s of the change: look at kube-controller-manager; nothing is put back meanwhile',
  capacity: (p) => `no node has room for pod ${p('pod')} after ${p('minutes')} min${around(': ', p('detail'))}`,
  'infrastructure-deadline': (p) =>
    `pod ${p('pod')} could not run for a reason outside the change, also not after ${p('minutes')} min: ${p('what')}${around(': ', p('detail'))}`,
  deadline: (p) => `the new pods were not all Ready within ${p('minutes')} min`,
  'rollout-aborted': (p) => `its own controller judged the change and turned back${around(': ', p('detail'))}`,
  'object-gone': () => 'the workload was deleted while it was judged',
  held: (p) => `failed (${p('because')}) and held as it is, as the policy asks (onFailure: hold)${around(': ', p('detail'))}`,
  'rollback-deadline': (p) =>
    `put back, but only ${p('ready')} of ${count(p('wanted'), 'old pod')} Ready after ${p('minutes')} min${lookByHand(p('workload'))}`,
  'stuck-pod': (p) => `put back, but pod ${p('pod')} of the new template must be deleted (kubectl delete pod ${p('pod')} -n ${p('namespace')}): ${p('detail')}`,
  'rollback-rewritten': (p) => 'the cluster took the way back and wrote other values than those that were there before'.concat(undoByHand(p('workload'))),
  'rollback-refused': (p) => `the cluster refuses the way back: ${p('detail')}${undoByHand(p('workload'))}`,
  'rollback-unanswered': (p) => `the way back could not be sent in ${count(p('attempts'), 'attempt')}: ${p('detail')}${undoByHand(p('workload'))}`,
};

/** What a dry run asks for, by `of`. */
const refused: { readonly [of: string]: string } = { pod: 'a pod of the new template', 'way-back': 'the way back' };

const ended: Texts = {
  requested: () => 'put back as asked',
  excluded: () => 'excluded by a person',
  gone: () => 'deleted, or deleted and created anew, since the plan',
  stale: (p) => `changed since the plan${around(': ', p('what') || p('detail'))}; it needs a new plan`,
  blocked: (p) => `the cluster refuses ${refused[p('of')] ?? 'the change'}: ${p('detail')}`,
  'dry-run-unasked': (p) => `the cluster could not be asked beforehand whether it takes ${refused[p('of')] ?? 'the change'}: ${p('detail')}`,
  locked: (p) => `another run works on it${around(': ', p('run'))}`,
  'changed-by-others': (p) =>
    p('found') === 'external-rollback'
      ? 'somebody put the whole pod template back as it was before us (`kubectl rollout undo`, or a replace): it stays so'
      : 'somebody else put the old values back, or changed them, after us',
  retrying: (p) => `${p('what')} got no clear answer and is tried again: ${p('detail')}`,
  'boot-not-proven': bootNotProven,
  'event-not-written': (p) => `the run goes on, but the workloads' teams see no Kubernetes Events of it: ${p('detail')}`,
  'notice-not-sent': (p) => `the run goes on, but a notice could not be delivered: ${p('detail')}`,
  'lease-wait': (p) => `the instance ${p('holder')} held the run and stopped; its Lease ends in ${formatClock(Number(p('leftMs')))}`,
  'no-trace-store': () => 'the policy names no trace store (verify.jaeger), so nothing can be said about traces',
  'trace-store-failed': (p) => `the trace store cannot be read: ${p('detail')}`,
  'nothing-migrated': () => 'the run has migrated nothing yet',
  conflict: () => 'its fields hold neither what was there before us nor what we wrote: nothing is touched',
};

/** Every reason id there is. */
export const reasonTexts: Texts = { ...skipTexts, ...waiting, ...failing, ...ended };
