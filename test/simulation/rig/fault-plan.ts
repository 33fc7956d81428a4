import type { PortCall } from '../../../src/adapters/simulated/intercept.ts';
import { seededRandom, type Random } from '../../../src/adapters/simulated/random.ts';
import type { KubeObject } from '../../../src/core/workload/kube-object.ts';
import type { ObjectRef } from '../../../src/ports/cluster.ts';
import { WRITERS, type WriterKind } from './other-writers.ts';

/** Calls that are counted together, so that a fault can be aimed at the few that write. */
export const CALL_GROUPS = ['journal', 'patch', 'record', 'read', 'any'] as const;
export type CallGroup = (typeof CALL_GROUPS)[number];

/** A call of an engine: the `nth` of its group, over all instances together. */
export interface Aim {
  readonly group: CallGroup;
  readonly nth: number;
  readonly when: 'before' | 'after';
}

export type Answer = 'drop-request' | 'drop-response' | '409' | '422' | '429' | '500' | 'twice' | 'slow';

/** One thing that goes wrong. */
export type Fault =
  /** `kill -9` there; the next instance comes after `downMs`. */
  | { readonly kind: 'kill'; readonly aim: Aim; readonly downMs: number }
  /** SIGSTOP there, SIGCONT `forMs` later; meanwhile another instance is started. */
  | { readonly kind: 'freeze'; readonly aim: Aim; readonly forMs: number }
  /** The call and the next ones of its group, `times` in all, are answered like this. */
  | { readonly kind: 'answer'; readonly aim: Aim; readonly answer: Answer; readonly times: number }
  /** From that call on, for `forMs`, lists and objects are served as they were `lagMs` ago. */
  | { readonly kind: 'stale'; readonly aim: Aim; readonly lagMs: number; readonly forMs: number }
  /** A second instance is started while the first one drives. */
  | { readonly kind: 'rival'; readonly atMs: number }
  /** Somebody else writes to a workload, `delayMs` after it has entered a state. */
  | { readonly kind: 'writer'; readonly writer: WriterKind; readonly service: number; readonly state: string; readonly delayMs: number };

/** How often calls of each group are made in a run without faults. */
export type CallCounts = { readonly [G in CallGroup]: number };

/** The faults of a seed: one to three. Half of the seeds meet other writers as well, the other half must end as if nothing had happened. */
export function planFaults(seed: number, counts: CallCounts): readonly Fault[] {
  const random = seededRandom(seed * 2_654_435 + 17);
  const faults: Fault[] = Array.from({ length: random.between(1, 3) }, () => transparentFault(random, counts));
  if (random.next() < 0.5) return faults;
  const writers = Array.from({ length: random.between(1, 2) }, () => writerFault(random));
  return random.next() < 0.4 ? writers : [...faults.slice(0, 1), ...writers];
}

/** Whether a run with these faults must come to the same end as one without. */
export function isTransparent(faults: readonly Fault[]): boolean {
  return faults.every((fault) => fault.kind !== 'writer');
}

/** The groups a call belongs to. */
export function groupsOf({ port, method, args }: PortCall): readonly CallGroup[] {
  if (port === 'journal') return method === 'append' ? ['journal', 'any'] : ['any'];
  if (port !== 'cluster') return ['any'];
  if (method === 'patch' && (args[0] as ObjectRef).resource.kind === 'Deployment') return ['patch', 'any'];
  if (method === 'replace' && (args[0] as KubeObject).kind === 'ConfigMap') return ['record', 'any'];
  return method === 'get' || method === 'list' ? ['read', 'any'] : ['any'];
}

const ANSWERS: readonly [Answer, ...Answer[]] = ['drop-request', 'drop-response', '409', '422', '429', '500', 'twice', 'slow'];
const STATES: readonly [string, ...string[]] = [
  'PLANNED',
  'ARTIFACT',
  'READY',
  'CLAIMED',
  'APPLY_INTENT',
  'APPLIED',
  'ROLLING',
  'SOAKING',
  'RB_INTENT',
  'RB_ROLLING',
  'SUCCEEDED',
];

function transparentFault(random: Random, counts: CallCounts): Fault {
  switch (random.between(0, 9)) {
    case 0:
    case 1:
    case 2:
      return { kind: 'kill', aim: aim(random, counts), downMs: random.pick([0, 0, 5_000, 40_000, 30 * 60_000]) };
    case 3:
    case 4:
      return { kind: 'freeze', aim: aim(random, counts), forMs: random.pick([3_000, 20_000, 45_000, 120_000]) };
    case 5:
      return { kind: 'stale', aim: aim(random, counts), lagMs: random.pick([1_000, 3_000, 8_000]), forMs: random.between(1, 30) * 1_000 };
    case 6:
      return { kind: 'rival', atMs: random.between(0, 120_000) };
    default: {
      const answer = random.pick(ANSWERS);
      const target = aim(random, counts);
      // A proxy that sends a request again does so once; an API server says conflict where somebody wrote, not over and over where nobody did.
      if (answer === 'twice') return { kind: 'answer', aim: target, answer, times: 1 };
      const times = random.pick([1, 1, 2, 5, 12]);
      return { kind: 'answer', aim: target, answer, times: answer === '409' ? Math.min(times, 3) : times };
    }
  }
}

function writerFault(random: Random): Fault {
  const state = random.pick(STATES);
  return { kind: 'writer', writer: random.pick(WRITERS), service: random.between(0, 6), state, delayMs: random.pick([0, 0, 50, 1_000, 6_000, 15_000, 25_000]) };
}

function aim(random: Random, counts: CallCounts): Aim {
  const group = random.pick<CallGroup>(CALL_GROUPS);
  return { group, nth: random.between(1, Math.max(1, counts[group])), when: random.pick(['before', 'after']) };
}
