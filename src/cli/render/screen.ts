import { stripVTControlCharacters } from 'node:util';
import type { TextOutput } from '../wiring.ts';
import { displayWidth } from './display-width.ts';

/** The lower part of a terminal that is redrawn in place; what is printed scrolls away above it. */
export interface Screen {
  /** Shows the lines instead of the last ones, after printing `above` for good. Lines must fit the terminal's width. */
  draw(lines: readonly string[], above?: readonly string[]): void;
  /** Takes the drawn lines away and gives the cursor back. */
  close(): void;
}

// A synchronized update (terminals that do not know it ignore it) shows the new frame at once: nothing flickers.
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** Opens a redrawn part on a terminal. Writes nothing when nothing changed. */
export function openScreen(output: TextOutput): Screen {
  let shown: readonly string[] = [];
  let open = true;
  output.write(HIDE_CURSOR);

  function home(): string {
    // A terminal made narrower since has broken our lines: count the rows they take now.
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(displayWidth(stripVTControlCharacters(line)) / output.columns)), 0);
    return rows === 0 ? '\r' : `\r\x1b[${rows}A`;
  }

  return {
    draw(lines, above = []): void {
      if (!open || (above.length === 0 && same(lines, shown))) return;
      const text = [...above, ...lines].map((line) => `${line}${CLEAR_LINE}\n`).join('');
      output.write(`${BEGIN}${home()}${text}${CLEAR_BELOW}${END}`);
      shown = lines;
    },
    close(): void {
      if (!open) return;
      output.write(`${home()}${CLEAR_BELOW}${SHOW_CURSOR}`);
      open = false;
    },
  };
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}
