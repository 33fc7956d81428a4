import { displayWidth, pad, truncate } from './display-width.ts';
import type { Paint, Tone } from './paint.ts';

export type Cell = string | { readonly text: string; readonly tone?: Tone };

export interface Column {
  /** Left out in every column = no header line. */
  readonly title?: string;
  readonly align?: 'start' | 'end';
  /** May be cut with `…` down to this many cells when the table is too wide; left out = never cut. */
  readonly shrinkTo?: number;
}

export interface TableOptions {
  readonly paint: Paint;
  /** Cells a line may take; `Infinity` where there is no terminal: then nothing is cut. */
  readonly width: number;
  readonly indent?: number;
}

const GAP = 2;

/** Lines of a table whose columns are as wide as their widest cell, cut where the terminal is narrower. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], options: TableOptions): readonly string[] {
  const titles = columns.map((column): Cell => ({ text: column.title ?? '', tone: 'quiet' }));
  const all = columns.some((column) => column.title !== undefined) ? [titles, ...rows] : rows;
  const indent = options.indent ?? 0;
  const widths = fit(
    columns,
    columns.map((_, index) => Math.max(0, ...all.map((row) => displayWidth(textOf(row[index]))))),
    options.width - indent,
  );
  return all.map((row) => `${' '.repeat(indent)}${formatRow(columns, row, { widths, paint: options.paint })}`.trimEnd());
}

function formatRow(columns: readonly Column[], row: readonly Cell[], how: { readonly widths: readonly number[]; readonly paint: Paint }): string {
  const cells = columns.map((column, index) => {
    const cell = row[index] ?? '';
    const width = how.widths[index] ?? 0;
    const text = truncate(textOf(cell), width);
    const painted = how.paint(typeof cell === 'string' ? undefined : cell.tone, text);
    return pad('', width - displayWidth(text)) === '' ? painted : place(painted, width - displayWidth(text), column.align);
  });
  return cells.join(' '.repeat(GAP));
}

function place(painted: string, blanks: number, align: Column['align']): string {
  return align === 'end' ? ' '.repeat(blanks) + painted : painted + ' '.repeat(blanks);
}

/** Takes the missing cells from the shrinkable columns, always from the one that is widest above its minimum. */
function fit(columns: readonly Column[], natural: readonly number[], width: number): readonly number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, each) => sum + each, 0) + GAP * (columns.length - 1) - width;
  while (excess > 0) {
    const slack = columns.map((column, index) => (widths[index] ?? 0) - (column.shrinkTo ?? Infinity));
    const widest = slack.indexOf(Math.max(...slack));
    if ((slack[widest] ?? 0) <= 0) return widths;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function textOf(cell: Cell | undefined): string {
  return typeof cell === 'string' ? cell : (cell?.text ?? '');
}
