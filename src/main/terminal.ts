import { isatty } from 'node:tty';
import type { TextOutput } from '../cli/wiring.ts';

/** The process's streams and signals as the commands see them. */
export interface Terminal {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly stdinIsTTY: boolean;
  ask(question: string): Promise<string>;
  onInterrupt(callback: () => void): () => void;
  /** Resolves when everything written has left the process; with an error when results were lost on the way (a full disk). */
  flush(): Promise<Error | undefined>;
}

/**
 * Opens the terminal around a process. SIGINT, SIGTERM and a closed terminal are interrupts; so is a reader of standard
 * output that has gone (`changeover … | head`): nobody listens any more, so nothing more should be started.
 */
export function openTerminal(process: NodeJS.Process): Terminal {
  const callbacks = new Set<() => void>();
  const interrupt = (): void => [...callbacks].forEach((callback) => callback());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  const onInterrupt = (callback: () => void): (() => void) => {
    callbacks.add(callback);
    return () => callbacks.delete(callback);
  };
  const { stdin, stdout, stderr } = process;
  let lost: Error | undefined;
  const onGone = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') lost = error;
    interrupt();
  };
  return {
    stdout: textOutput(stdout, onGone),
    stderr: textOutput(stderr, () => undefined),
    stdinIsTTY: isatty(stdin.fd),
    onInterrupt,
    ask: (question) => ask(process, question, onInterrupt),
    flush: async () => {
      await Promise.all([drained(stdout), drained(stderr)]);
      return lost;
    },
  };
}

function textOutput(stream: NodeJS.WriteStream & { readonly fd: number }, onGone: (error: NodeJS.ErrnoException) => void): TextOutput {
  let gone = false;
  stream.on('error', (error) => {
    if (!gone) onGone(error);
    gone = true;
  });
  return {
    isTTY: isatty(stream.fd),
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
    write: (text) => {
      if (!gone) stream.write(text);
    },
  };
}

/** Reads one line; an interrupt or the end of input answers with nothing. The terminal keeps its own line editing. */
async function ask({ stdin, stderr }: NodeJS.Process, question: string, onInterrupt: Terminal['onInterrupt']): Promise<string> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: stdin, terminal: false });
  stderr.write(question);
  const dispose = onInterrupt(() => lines.close());
  try {
    return await new Promise<string>((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
    });
  } finally {
    dispose();
    lines.close();
  }
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.errored) resolve();
    else stream.write('', () => setImmediate(resolve)); // an error of an earlier write is told before
  });
}
