import { ChangeoverError } from '../core/error.ts';
import type { Clock } from '../ports/clock.ts';

/** The same thing is asked for at most this often. Milliseconds. */
const PAUSE_MS = 10_000;

/** What was last answered, and when it was asked (milliseconds since the epoch). */
export type Answer<T> =
  | { readonly kind: 'value'; readonly at: number; readonly value: T }
  | { readonly kind: 'failed'; readonly at: number; readonly detail: string };

/**
 * Reads that no turn waits for: a look takes what was last answered. A trace store that is slow or down must not keep the
 * engine from seeing a pod crash, or from obeying a person.
 */
export class BackgroundReads<T> {
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #reads = new Map<string, { askedAt: number; answer?: Answer<T>; bug?: unknown }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The last answer to `key`, undefined before the first; asks again unless that was done less than ten seconds ago or is under way. */
  latest(key: string, ask: (signal: AbortSignal) => Promise<T>): Answer<T> | undefined {
    const known = this.#reads.get(key);
    if (known?.bug !== undefined) throw known.bug;
    const pending = known !== undefined && known.askedAt !== known.answer?.at;
    const now = this.#clock.now();
    if (!pending && (known === undefined || now - known.askedAt >= PAUSE_MS) && !this.#stop.signal.aborted) void this.#ask(key, ask);
    return this.#reads.get(key)?.answer;
  }

  /** Ends what is under way; nothing is asked any more. */
  close(): void {
    this.#stop.abort();
  }

  async #ask(key: string, ask: (signal: AbortSignal) => Promise<T>): Promise<void> {
    const at = this.#clock.now();
    const read: { askedAt: number; answer?: Answer<T>; bug?: unknown } = { ...this.#reads.get(key), askedAt: at };
    this.#reads.set(key, read);
    try {
      read.answer = { kind: 'value', at, value: await ask(this.#stop.signal) };
    } catch (error) {
      if (error instanceof ChangeoverError) read.answer = { kind: 'failed', at, detail: error.message };
      else if (!this.#stop.signal.aborted) read.bug = error;
    }
  }
}
