import type { JsonObject } from '../../../core/json.ts';
import { servicesText, unseenText } from './gate-text.ts';
import { around, say, type Texts } from './say.ts';

/** Why a run stopped starting workloads, in words. */
export function haltText(id: string, params: JsonObject = {}): string {
  return say(haltTexts, id, params);
}

/** Every halt id there is. */
export const haltTexts: Texts = {
  'workload-failed': () => 'a workload failed with the new agent; it is put back',
  'rollback-failed': () => 'a workload could not be put back: it needs a person now',
  conflict: () => 'a workload holds values that are neither before nor after the change: nothing is touched until a person looks',
  inconclusive: () => 'it could not be told whether a workload is well: it is left as it is',
  'too-many-stale': () => 'too many workloads changed since the plan: make a new plan',
  'gate-broken': (p) =>
    `batch ${p('batch')} is not started, as traces of ${servicesText(p)} are broken (${p('findings')}${around('; for example ', p('traces'))}); \`changeover verify\` shows how`,
  'gate-inconclusive': (p) => `batch ${p('batch')} is not started, ${p('minutes')} min of waiting were not enough: ${unseenText(p)}`,
  requested: (p) => `a person asked${around(': ', p('by'))}`,
};
