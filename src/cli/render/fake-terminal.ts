import type { TextOutput } from '../wiring.ts';
import { displayWidth } from './display-width.ts';

/** A terminal that shows what was written to it: enough of one to test what redraws itself. */
export interface FakeTerminal extends TextOutput {
  /** Lines from the top, without empty ones at the end. */
  lines(): readonly string[];
  written(): string;
  /** Makes it narrower or wider; lines break again, as terminals do. */
  resize(columns: number): void;
}

const ESC = '\u001B';
const cursorUp = new RegExp(`^${ESC}\\[(\\d+)A$`);
const tokens = new RegExp(`${ESC}\\[[?\\d;]*[A-Za-z]|\\r|\\n|[^${ESC}\\r\\n]+`, 'g');

/** Opens an empty terminal of that many columns. */
export function fakeTerminal(columns: number, rows = 24): FakeTerminal {
  let width = columns;
  let screen: string[] = [''];
  let row = 0;
  let written = '';

  function take(token: string): void {
    const up = cursorUp.exec(token);
    if (token === '\n') {
      row += 1;
      screen[row] ??= '';
    } else if (up) row = Math.max(0, row - Number(up[1]));
    else if (token === `${ESC}[J`) screen = [...screen.slice(0, row), ''];
    else if (!token.startsWith(ESC) && token !== '\r') put(token);
  }

  /** Text always begins at the left edge here: what is drawn is whole lines. */
  function put(text: string): void {
    screen[row] = text;
    const broken = breakLine(text, width);
    if (broken.length > 1) {
      screen.splice(row, 1, ...broken);
      row += broken.length - 1;
    }
  }

  return {
    isTTY: true,
    get columns() {
      return width;
    },
    rows,
    write(text) {
      written += text;
      for (const token of text.match(tokens) ?? []) take(token);
    },
    lines: () => screen.slice(0, screen.findLastIndex((line) => line !== '') + 1),
    written: () => written,
    resize(columns) {
      const below = screen.slice(row).length;
      screen = screen.flatMap((line) => breakLine(line, columns));
      width = columns;
      row = screen.length - below;
    },
  };
}

function breakLine(text: string, width: number): readonly string[] {
  const lines: string[] = [''];
  for (const character of text) {
    const last = lines.length - 1;
    if (displayWidth((lines[last] ?? '') + character) > width) lines.push(character);
    else lines[last] += character;
  }
  return lines;
}
