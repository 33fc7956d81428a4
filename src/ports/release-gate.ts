import type { GateAnswer, GateQuestion } from '../core/rollout/release-gates.ts';

/** A release system that is asked before something starts. */
export interface ReleaseGate {
  /** Its answer. Throws `unreachable` for anything that is none (no connection, no 200, a redirect, other words), `aborted`. */
  ask(gate: { readonly url: string; readonly timeoutMs: number }, question: GateQuestion, signal?: AbortSignal): Promise<GateAnswer>;
}
