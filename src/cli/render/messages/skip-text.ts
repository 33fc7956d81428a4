import type { Skip, SkipId } from '../../../core/finding.ts';
import { ownerReason } from './owner-text.ts';
import { around, say, type Params, type Texts } from './say.ts';

/** Why a workload is left alone, in words. */
export function skipText(skip: { readonly id: string; readonly params: Skip['params'] }): string {
  return say(skipTexts, skip.id, skip.params);
}

/** The same without its parameters: a heading over many workloads with the same reason. */
export function skipHeading(id: string): string {
  return Object.hasOwn(headings, id) ? headings[id as SkipId] : id;
}

const headings: Record<SkipId, string> = {
  'no-pods': 'no pods: nothing to read and nothing to judge by',
  'no-jvm': 'no JVM in any of its containers',
  'no-agent': 'does not run the agent to be replaced',
  'already-on-target': 'already runs the new agent',
  'required-sidecar-missing': 'lacks a sidecar that the policy requires',
  excluded: 'excluded',
  'ambiguous-container': 'more than one container could be meant',
  'multiple-digests': 'its pods run different images under one name',
  'unhealthy-before': 'not healthy before any change',
  paused: 'its rollout is paused',
  'owner-reverts': 'its owner would undo the change',
  blocked: 'blocked',
  stale: 'changed since the plan: it needs a new plan',
  locked: 'another run works on it',
  gone: 'deleted, or deleted and created anew',
  'changed-by-others': 'changed by somebody else after us',
  deferred: 'its pods do not come from a change by themselves',
};

const deferrals: Texts = {
  'on-delete': () => 'updateStrategy OnDelete: only somebody who deletes its pods gets new ones',
  'manual-steps': () => 'its steps wait for a person to promote them',
  'workload-ref': (p) => `workloadRef: its pods are made from the template of ${p('template')}, which is to be moved`,
};

const details: Partial<Record<SkipId, (p: Params) => string>> = {
  paused: (p) => around('partition ', p('partition')),
  deferred: (p) => (Object.hasOwn(deferrals, p('because')) ? (deferrals[p('because')]?.(p) ?? '') : ''),
  'required-sidecar-missing': (p) => around('missing ', p('sidecar')),
  'ambiguous-container': (p) => around('candidates ', p('candidates')),
  'multiple-digests': (p) => p('digests'),
  'unhealthy-before': (p) => around('', p('ready'), ` of ${p('wanted')} pods Ready`) || (p('because') === 'aborted' ? 'its last rollout was aborted' : ''),
  'owner-reverts': (p) =>
    `${p('owner')}${around(': ', ownerReason(p('because')))}${p('because') === 'operator' ? '' : '; `plan --export` writes the change for its repository'}`,
  'already-on-target': (p) => p('agent'),
  blocked: (p) => p('findings') || p('finding'),
  stale: (p) => p('what'),
  locked: (p) => around('run ', p('run')),
};

/** Every skip id there is. */
export const skipTexts: Texts = Object.fromEntries(
  Object.entries(headings).map(([id, heading]) => [id, (p: Params): string => `${heading}${around(' (', details[id as SkipId]?.(p) ?? '', ')')}`]),
);
