import type { Finding } from '../../../core/finding.ts';
import type { JsonObject } from '../../../core/json.ts';
import { around, say, type Texts } from './say.ts';

/** What a finding says about its workload, in words. */
export function findingText(finding: Pick<Finding, 'id' | 'params'>): string {
  return say(findingTexts, finding.id, finding.params as JsonObject);
}

/** Every finding id there is. */
export const findingTexts: Texts = {
  'layers-not-scanned': (p) => `the image's layers were not read, so nothing is proven about its files${around(': ', p('reason'))}`,
  'jar-not-in-image': (p) => `the old agent's jar ${p('path')} is not in the image`,
  'home-taken': (p) => `the image already has something at ${p('path')}, the new agent's home`,
  'mounted-over': (p) => `a volume mounted at ${p('mount')} covers ${p('path')}`,
  'jar-moved-by-script': (p) => `the old agent's jar is copied, moved or fetched at start by ${p('where')}: ${p('line')}`,
  'push-denied': (p) => `the registry does not let us push to ${p('repository')}${around(': ', p('detail'))}`,
  'source-not-pullable': (p) => `the image the pods run can no longer be pulled, so there would be no way back: ${p('image') || p('reference')}`,
  'image-missing': (p) => `the registry does not have the image the pods run: ${p('image') || p('reference')}${around('@', p('digest'))}`,
  'image-unreadable': (p) => `the image cannot be read: ${p('image')}${around(': ', p('detail'))}`,
  'registry-denied': (p) => `the registry does not let us read ${p('image')}${around(': ', p('detail'))}`,
  'path-not-proven': (p) => `it is not proven what lies at ${p('path')}`,
  'env-overridden': (p) => `the workload's own ${p('name')} (${p('by')}) stays and overrides ours`,
  'ghost-env': (p) => `${p('name')} is added to the pod and survives the owner's next deploy`,
  'coupled-flag': (p) => `JVM option and image have different owners: with the old image and our option no agent would run${around(' (', p('carrier'), ')')}`,
  'script-not-edited': (p) => `the start script ${p('path')} cannot be edited safely; a link at the old jar's path loads the new agent instead`,
  'entrypoint-hidden': () => 'the pod sets its own command, so the image entrypoint has no effect',
  'sampling-changes': (p) => `the old agent samples${around(' ', p('rate') || p('value'))}, the new one would record everything`,
  'owner-reverts': (p) => `its owner${around(' ', p('kind') || p('owner'))}${around(' ', p('name'))} would undo the change`,
  'uses-agent-internals': (p) => `classes of the application use internals of the old agent: ${p('paths') || p('path')}`,
};
