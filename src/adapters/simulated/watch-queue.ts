/** Hands values from callbacks to one `for await` loop, in order; ends when the signal fires. */
export class WatchQueue<T> implements AsyncIterable<T> {
  readonly #values: T[] = [];
  #wake: (() => void) | undefined;
  readonly #signal: AbortSignal;
  readonly #onEnd: () => void;

  constructor(signal: AbortSignal, onEnd: () => void) {
    this.#signal = signal;
    this.#onEnd = onEnd;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  push(value: T): void {
    this.#values.push(value);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      while (!this.#signal.aborted) {
        const value = this.#values.shift();
        if (value !== undefined) yield value;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#onEnd();
    }
  }
}
