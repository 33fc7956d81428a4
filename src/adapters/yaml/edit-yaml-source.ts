import type { CST } from 'yaml';
import type { MappedText } from '../../core/jvm/token.ts';

/**
 * The value of a scalar with the place in the text that every character comes from: quotes, escapes, folded lines and
 * indentation are looked through (YAML 1.2.2, chapters 7.3 and 8.1). The caller compares the text with the real value.
 */
export function mapScalar(token: CST.FlowScalar | CST.BlockScalar): MappedText {
  const out = new Mapped();
  if (token.type === 'block-scalar') mapBlock(token, out);
  else if (token.type === 'scalar') mapFlow({ source: token.source, from: 0, to: token.source.length, offset: token.offset }, /$^/y, out);
  else {
    const escape = token.type === 'single-quoted-scalar' ? /''/y : /\\(?:x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8}|\r?\n[ \t]*|[^])/iy;
    mapFlow({ source: token.source, from: 1, to: token.source.length - 1, offset: token.offset }, escape, out);
  }
  return out;
}

/** Where the text of a block scalar begins, behind its header. */
export function bodyOffset(token: CST.BlockScalar): number {
  return token.props.reduce((offset, prop) => offset + ('source' in prop ? prop.source.length : 0), token.offset);
}

class Mapped implements MappedText {
  text = '';
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  /** Several characters of one place belong to the first of them. */
  push(text: string, start: number, end: number): void {
    for (let index = 0; index < text.length; index += 1) {
      this.starts.push(index === 0 ? start : end);
      this.ends.push(end);
    }
    this.text += text;
  }

  /** Characters that stand for themselves. */
  copy(text: string, start: number): void {
    for (let index = 0; index < text.length; index += 1) this.push(text.charAt(index), start + index, start + index + 1);
  }
}

interface FlowText {
  readonly source: string;
  readonly from: number;
  readonly to: number;
  /** Of the source in the whole text. */
  readonly offset: number;
}

const fold = /[ \t]*\r?\n[ \t\r\n]*/y;

function mapFlow({ source, from, to, offset }: FlowText, escape: RegExp, out: Mapped): void {
  let at = from;
  while (at < to) {
    fold.lastIndex = at;
    escape.lastIndex = at;
    const escaped = escape.exec(source)?.[0];
    const folded = escaped === undefined ? fold.exec(source)?.[0] : undefined;
    const raw = escaped ?? folded ?? source.charAt(at);
    const lines = folded?.split('\n').length ?? 0;
    const text = escaped !== undefined ? unescape(escaped) : folded === undefined ? raw : lines === 2 ? ' ' : '\n'.repeat(lines - 2);
    out.push(text, offset + at, offset + at + raw.length);
    at += raw.length;
  }
}

const escapes: { readonly [character: string]: string } = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
};

function unescape(raw: string): string {
  const kind = raw.charAt(1);
  if (raw === "''") return "'";
  if (/^\\\r?\n/.test(raw)) return '';
  if (raw.length > 2) return String.fromCodePoint(Math.min(Number.parseInt(raw.slice(2), 16), 0x10ffff));
  return escapes[kind] ?? kind;
}

interface Line {
  readonly text: string;
  /** Of the text in the whole text, its indentation and line break not counted. */
  readonly start: number;
}

function mapBlock(token: CST.BlockScalar, out: Mapped): void {
  const header = token.props.find((prop) => prop.type === 'block-scalar-header');
  const style = header && 'source' in header ? header.source : '|';
  const lines = blockLines(token, Number(/\d/.exec(style)?.[0] ?? 0));
  if (style.startsWith('>')) mapFolded(lines, out);
  else
    for (const [index, { text, start }] of lines.entries()) {
      out.copy(text, start);
      out.push('\n', start + text.length, lines[index + 1]?.start ?? start + text.length + 1);
    }
}

function blockLines(token: CST.BlockScalar, explicit: number): readonly Line[] {
  const raw = token.source.split('\n');
  const first = raw.find((line) => line.trim() !== '') ?? '';
  const indent = explicit > 0 ? Math.max(0, token.indent) + explicit : first.length - first.trimStart().length;
  let offset = bodyOffset(token);
  return raw.map((line) => {
    const blanks = Math.min(indent, line.length - line.replace(/^ +/, '').length);
    const start = offset + blanks;
    offset += line.length + 1;
    return { text: line.slice(blanks).replace(/\r$/, ''), start };
  });
}

/** Line breaks between lines of text fold; those around blank and further indented lines stay. */
function mapFolded(lines: readonly Line[], out: Mapped): void {
  let end = lines[0]?.start ?? 0;
  let separator = '';
  let indented = false;
  for (const { text, start } of lines) {
    const isIndented = /^[ \t]/.test(text);
    if (text === '') {
      if (separator === '\n') {
        out.push('\n', end, start);
        end = start;
      } else separator = '\n';
      continue;
    }
    if (isIndented) separator = separator === ' ' ? '\n' : separator === '\n' && !indented ? '\n\n' : separator;
    out.push(separator, end, start);
    out.copy(text, start);
    end = start + text.length;
    separator = isIndented ? '\n' : ' ';
    indented = isIndented;
  }
  out.push('\n', end, end + 1);
}
