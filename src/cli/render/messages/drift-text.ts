import type { Finding } from '../../../core/finding.ts';
import { around, count, say, type Texts } from './say.ts';
import { skipHeading } from './skip-text.ts';

/** What drifted about a workload and what to do, in words. */
export function driftText(finding: Pick<Finding, 'id' | 'params'>): string {
  return say(driftTexts, finding.id, finding.params);
}

/** Every id of a drift finding. */
export const driftTexts: Texts = {
  'old-agent-back': (p) =>
    `runs ${p('agent')} again${around(' (image ', p('image'), ')')}: a release or a person put another image in; release its way back (changeover finish), then plan anew`,
  'no-agent-left': (p) => `runs no agent that is known any more${around(' (image ', p('image'), ')')}: its release leaves the agent out`,
  'agent-unknown': (p) => `its image changed and cannot be read${around(' (', p('image'), ')')}: which agent runs is not known`,
  'half-reverted': (p) =>
    `half put back${around(' (image ', p('image'), ')')}: of our change only ${p('stays')} still stand; the next restart may run no agent, or none may start: put it right now`,
  regressed: (p) => `crashes since: ${p('what')}, ${count(p('restarts'), 'restart')}, pod ${p('pod')}; \`changeover rollback\` puts it back`,
  woken: () => 'had no pods when it was planned and has some now: plan anew',
  'woken-unverified': (p) => `was changed without pods and has ${count(p('pods'), 'pod')} now: look whether they run the new agent`,
  'eligible-now': (p) => `can be moved now, and could not when it was planned (${skipHeading(p('was'))}): plan anew`,
  'new-workload': (p) => `came after the plan${around(' (', p('created'), ')')} and runs the old agent: plan anew`,
  'not-migrated': (p) => `still runs the old agent; its run ended with ${p('state')}: retry it, or plan anew`,
};

const headings: { readonly [id: string]: string } = {
  regressed: 'Crashing',
  'half-reverted': 'Half put back',
  'old-agent-back': 'Back on the old agent',
  'no-agent-left': 'Without an agent',
  'agent-unknown': 'Not known',
  'woken-unverified': 'Woken, not verified',
  woken: 'Woken',
  'new-workload': 'New',
  'eligible-now': 'Can be moved now',
  'not-migrated': 'Not migrated yet',
};

/** Ids in the order of how much they hurt. */
export const driftOrder = Object.keys(headings);

/** A heading over workloads with the same finding. */
export function driftHeading(id: string): string {
  return headings[id] ?? id;
}
