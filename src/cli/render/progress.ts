import type { TextOutput } from '../wiring.ts';
import { truncate } from './display-width.ts';
import { printable } from './printable.ts';

/** One line on a terminal that says what is being done; nothing elsewhere. */
export interface Progress {
  say(text: string): void;
  /** Takes the line away. */
  close(): void;
}

/** Shows progress on the terminal, if it is one. */
export function showProgress(output: TextOutput): Progress {
  if (!output.isTTY) return { say: () => undefined, close: () => undefined };
  let shown = '';
  const show = (text: string): void => {
    if (text !== shown) output.write(`\r${text}\x1b[K`);
    shown = text;
  };
  return { say: (text) => show(truncate(printable(text), output.columns - 1)), close: () => show('') };
}
