import type { MappedText, Token, TokenProblem } from './token.ts';

/** A word or an operator of a shell text. */
export interface ShellToken extends Token, MappedText {
  /** Set for operators: `separator` ends a command (`;`, `&&`, a newline, …), `redirect` takes the word after it. */
  readonly operator?: 'separator' | 'redirect';
  /** Some part of the word was quoted. */
  readonly quoted?: true;
}

export interface ShellTokens {
  readonly tokens: readonly ShellToken[];
  readonly problem?: TokenProblem;
}

interface Scan {
  readonly text: string;
  at: number;
}

interface Word {
  value: string;
  readonly starts: number[];
  readonly ends: number[];
  expands: boolean;
  quoted: boolean;
}

const separator = /^(?:&&|\|\||;;|[;&|()\n])/;
const redirect = /^\d*(?:<<-?|<>|<&|>&|>>|>\||<|>)/;

/**
 * Splits a shell text into words and operators (POSIX shell, XCU 2.2 and 2.3). Nothing is expanded: `$NAME`, `${…}`, `$(…)`
 * and back quotes stay in the text and mark the token. Comments and here-documents are skipped.
 */
export function tokenizeShellWords(text: string): ShellTokens {
  const scan: Scan = { text, at: 0 };
  const tokens: ShellToken[] = [];
  const delimiters: string[] = [];
  for (;;) {
    skipBlanks(scan);
    if (scan.at >= text.length) return { tokens };
    const start = scan.at;
    const operator = readOperator(scan);
    if (operator) {
      tokens.push(operator);
      if (operator.text === '\n') skipHereDocuments(scan, delimiters);
      continue;
    }
    const word = readWord(scan);
    if (!word) return { tokens, problem: 'unmatched-quote' };
    const previous = tokens.at(-1);
    if (previous?.operator === 'redirect' && previous.text.includes('<<')) delimiters.push(word.value);
    const { value, starts, ends } = word;
    tokens.push({ text: value, starts, ends, start, end: scan.at, ...(word.expands ? { expands: true } : {}), ...(word.quoted ? { quoted: true } : {}) });
  }
}

function skipBlanks(scan: Scan): void {
  const gap = /^(?:[ \t]|\\\n)+/.exec(scan.text.slice(scan.at));
  scan.at += gap?.[0].length ?? 0;
  if (scan.text.charAt(scan.at) !== '#') return;
  const end = scan.text.indexOf('\n', scan.at);
  scan.at = end < 0 ? scan.text.length : end;
}

function readOperator(scan: Scan): ShellToken | undefined {
  const ahead = scan.text.slice(scan.at, scan.at + 16);
  const isSeparator = separator.exec(ahead);
  const match = isSeparator ?? redirect.exec(ahead);
  if (!match) return undefined;
  const start = scan.at;
  scan.at += match[0].length;
  return { text: match[0], starts: [], ends: [], start, end: scan.at, operator: isSeparator ? 'separator' : 'redirect' };
}

function skipHereDocuments(scan: Scan, delimiters: string[]): void {
  for (const delimiter of delimiters.splice(0)) {
    let line: string;
    do {
      const end = scan.text.indexOf('\n', scan.at);
      line = scan.text.slice(scan.at, end < 0 ? undefined : end);
      scan.at = end < 0 ? scan.text.length : end + 1;
    } while (scan.at < scan.text.length && line.replace(/^\t+/, '') !== delimiter);
  }
}

/** Undefined when a quote or expansion is not closed. */
function readWord(scan: Scan): Word | undefined {
  const word: Word = { value: '', starts: [], ends: [], expands: false, quoted: false };
  let inDouble = false;
  while (scan.at < scan.text.length) {
    const char = scan.text.charAt(scan.at);
    if (!inDouble && (/[ \t]/.test(char) || separator.test(char) || char === '<' || char === '>')) return word;
    if (char === '"') {
      inDouble = !inDouble;
      word.quoted = true;
      scan.at += 1;
    } else if (char === '\\') readEscape(scan, word, inDouble);
    else if (char === '$' || char === '`') {
      if (!readExpansion(scan, word)) return undefined;
    } else if (char === "'" && !inDouble) {
      if (!readSingleQuoted(scan, word)) return undefined;
    } else push(word, char, scan.at, (scan.at += 1));
  }
  return inDouble ? undefined : word;
}

function readEscape(scan: Scan, word: Word, inDouble: boolean): void {
  const start = scan.at;
  const next = scan.text.charAt(start + 1);
  if (next === '\n') scan.at += 2;
  else if (next === '' || (inDouble && !'$`"\\'.includes(next))) push(word, '\\', start, (scan.at += 1));
  else push(word, next, start, (scan.at += 2));
}

function readSingleQuoted(scan: Scan, word: Word): boolean {
  const close = scan.text.indexOf("'", scan.at + 1);
  if (close < 0) return false;
  for (let at = scan.at + 1; at < close; at += 1) push(word, scan.text.charAt(at), at, at + 1);
  word.quoted = true;
  scan.at = close + 1;
  return true;
}

function readExpansion(scan: Scan, word: Word): boolean {
  const end = endOfExpansion(scan.text, scan.at);
  if (end === undefined) return false;
  if (end > scan.at + 1) word.expands = true;
  for (let at = scan.at; at < end; at += 1) push(word, scan.text.charAt(at), at, at + 1);
  scan.at = end;
  return true;
}

/** Where the expansion that begins at `start` ends; a lone `$` is itself. Undefined when it is not closed. */
export function endOfExpansion(text: string, start: number): number | undefined {
  if (text.charAt(start) === '`') {
    const close = text.indexOf('`', start + 1);
    return close < 0 ? undefined : close + 1;
  }
  const open = text.charAt(start + 1);
  if (open !== '(' && open !== '{') return start + 1 + (/^(?:[A-Za-z_]\w*|[0-9@*#?$!-])/.exec(text.slice(start + 1))?.[0].length ?? 0);
  const close = open === '(' ? ')' : '}';
  let depth = 0;
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\') at += 1;
    else if (char === "'" && open === '(') at = Math.max(at, text.indexOf("'", at + 1));
    else if (char === open) depth += 1;
    else if (char === close && (depth -= 1) === 0) return at + 1;
  }
  return undefined;
}

function push(word: Word, char: string, start: number, end: number): void {
  word.value += char;
  word.starts.push(start);
  word.ends.push(end);
}
