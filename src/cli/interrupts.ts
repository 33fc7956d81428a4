import type { Wiring } from './wiring.ts';

/** What a person asks for with Ctrl-C, or a supervisor with SIGTERM. */
export interface Interrupts {
  /** The first: start nothing more, settle what is in flight. */
  readonly stop: AbortSignal;
  /** The second: leave at once. */
  readonly kill: AbortSignal;
  dispose(): void;
}

/** Listens for interrupts until disposed. */
export function listenForInterrupts(wiring: Pick<Wiring, 'onInterrupt'>): Interrupts {
  const stop = new AbortController();
  const kill = new AbortController();
  const dispose = wiring.onInterrupt(() => (stop.signal.aborted ? kill : stop).abort());
  return { stop: stop.signal, kill: kill.signal, dispose };
}

/** Whoever begins to listen late hears the interrupts that came before, so that all agree which is the second. */
export function rememberInterrupts(wiring: Pick<Wiring, 'onInterrupt'>): Wiring['onInterrupt'] {
  let times = 0;
  wiring.onInterrupt(() => (times += 1));
  return (callback) => {
    for (let time = 0; time < times; time += 1) callback();
    return wiring.onInterrupt(callback);
  };
}

/** Runs a command that only reads: an interrupt aborts it. */
export async function abortable<T>(wiring: Pick<Wiring, 'onInterrupt'>, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupts = listenForInterrupts(wiring);
  try {
    return await read(interrupts.stop);
  } finally {
    interrupts.dispose();
  }
}
