import type { Cause, CauseId } from '../../../core/rollout/cause.ts';
import { printable } from '../printable.ts';

/** What a cause means and what to look at, in one sentence without a full stop. */
export function causeText({ id, line }: Cause): string {
  const shown = line === '' ? '' : `: ${printable(line.trim())}`;
  return Object.hasOwn(causeTexts, id) ? `${causeTexts[id]}${shown}` : `${id}${shown}`;
}

/** Every cause there is. */
export const causeTexts = {
  'agent-flag': 'the JVM refuses an option or the agent; look at its effective options',
  'class-missing': 'a class is missing or does not fit; look at what the application uses of the old agent (its toolkit), and at the JDK',
  oom: 'out of memory; raise the memory limit, or give the heap less of it',
  probe: 'a probe failed; compare its time limit with the start-up time',
  image: 'the image cannot be pulled; look at registry, pull secret and name',
  capacity: 'no node has room for the new pod',
  admission: 'the cluster refuses the pod: quota, policy or webhook',
  crash: 'the process ended and nothing says why; read its log',
} as const satisfies Record<CauseId, string>;
