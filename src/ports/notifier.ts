import type { JsonObject } from '../core/json.ts';
import type { NotifyRule } from '../core/policy/policy.ts';

/** Tells people outside what became of a run. */
export interface Notifier {
  /** Throws `usage` where a rule cannot be followed from here: its variable is not set, or holds no URL. */
  check(rule: NotifyRule): void;
  /**
   * Delivers one notice, with a few retries. Errors name the variable, never the address, which is a secret: `usage` as
   * `check`, `refused` (the receiver will not have it), `unreachable`, `aborted`.
   */
  send(rule: NotifyRule, body: JsonObject, signal?: AbortSignal): Promise<void>;
}
