import { shortName } from '../workload-name.ts';
import { around, type Texts } from './say.ts';

/** Why nothing new starts for now, though nothing is wrong. */
export const holdTexts: Texts = {
  'window-closed': (p) =>
    `${p('by') === 'deny' ? 'a deny window is open' : 'no allow window is open'}: nothing new starts${around(' until ', momentText(p('until')))}`,
  'decision-stale': (p) => `${p('decision')} of ${p('by')} is not carried out: the run has halted since, for another reason; decide again`,
  'release-gate': (p) => `the release gate ${p('gate')} holds ${shortName(p('workload'))}${around(': ', p('detail'))}`,
  'surge-limit': (p) => `rollout.maxSurgePods (${p('limit')}) is used up: the others of the batch start when rollouts have ended`,
};

function momentText(iso: string): string {
  return iso === '' ? '' : `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
