import { shortName } from '../workload-name.ts';
import { around, type Params, type Texts } from './say.ts';

/** Why the gate holds a batch back, in words: `holding batch 2: waiting for traces of shop/orders (no traffic yet)`. */
export function holdingText(p: Params): string {
  return `holding batch ${p('batch')}: ${unseenText(p)}`;
}

/** What the gate waits for, or waited for in vain. */
export function unseenText(p: Params): string {
  const because = p('because').split(', ');
  if (because.includes('trace-store-failed') || because.includes('no-trace-store')) return `the trace store cannot be read${around(': ', p('detail'))}`;
  if (because.includes('gate-not-read')) return `what was switched cannot be looked up${around(': ', p('detail'))}`;
  if (p('services') === '') return 'reading the traces of what was switched';
  return `waiting for traces of ${servicesText(p)}${around(' (', because.map((id) => (Object.hasOwn(unseen, id) ? unseen[id]?.(p) : id)).join('; '), ')')}`;
}

/** The services a gate speaks of, the rest as a number. */
export function servicesText(p: Params): string {
  const names = p('services').split(', ').map(shortName).join(', ');
  return Number(p('more')) > 0 ? `${names} and ${p('more')} more` : names;
}

const unseen: Texts = {
  'no-traffic': () => 'no traffic yet',
  'no-ready-pods': () => 'no pod is Ready',
  'no-spans': () => 'called by others, but silent',
  'traces-too-fresh': () => 'too fresh to judge',
  'service-name-unknown': () => 'the name its agent reports is not known',
  'pods-unseen': () => 'not every pod has been seen',
};
