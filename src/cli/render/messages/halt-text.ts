import type { JsonObject } from '../../../core/json.ts';
import { servicesText, unseenText } from './gate-text.ts';
import { around, say, type Params, type Texts } from './say.ts';

/** Why a run stopped starting workloads, in words. */
export function haltText(id: string, params: JsonObject = {}): string {
  return say(haltTexts, id, params);
}

/** Every halt id there is. */
export const haltTexts: Texts = {
  'workload-failed': (p) => `a workload failed with the new agent; it is put back${sharingText(p)}`,
  'stack-frozen': (p) => `nothing is left to start but workloads of a stack that failed${sharingText(p)}`,
  'release-denied': (p) => `the release gate ${p('gate')} denies${around(': ', p('detail'))}; \`continue\` asks it again, \`exclude\` leaves the workload out`,
  systemic: (p) =>
    `${p('failed')} workloads failed ${p('cause') === '' ? `(batch ${p('batch')})` : `for one cause (${p('cause')})`}: look at what they share (registry, nodes, collector) first; they are put back a few at a time`,
  'rollback-failed': () => 'a workload could not be put back: it needs a person now',
  conflict: () => 'a workload holds values that are neither before nor after the change: nothing is touched until a person looks',
  regressed: () => 'a workload that was migrated well crashes with the new agent after all: it is left as it is until a person decides',
  inconclusive: () => 'it could not be told whether a workload is well: it is left as it is',
  'too-many-stale': () => 'too many workloads changed since the plan: make a new plan',
  'gate-broken': (p) =>
    `batch ${p('batch')} is not started, as traces of ${servicesText(p)} are broken (${p('findings')}${around('; for example ', p('traces'))}); \`changeover verify\` shows how`,
  'gate-inconclusive': (p) => `batch ${p('batch')} is not started, ${p('minutes')} min of waiting were not enough: ${unseenText(p)}`,
  requested: (p) => `a person asked${around(': ', p('by'))}`,
};

/** How far a failure may reach: what waits on the same stack fails with it. */
function sharingText(p: Params): string {
  if (p('pending') === '') return '';
  const one = Number(p('pending')) === 1;
  return `; ${p('pending')} waiting ${one ? 'workload shares its stack and is' : 'workloads share its stack and are'} not started until a person decides`;
}
