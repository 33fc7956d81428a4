import { ChangeoverError } from '../error.ts';
import type { OptionSyntax } from './token.ts';

const hint = 'Choose a value without white space, quotes and shell characters, or set it through the environment.';

/**
 * Writes a value as one token of a carrier, quoted only where needed: the carrier's tokenizer reads the same value back.
 * Throws `refused` where the carrier has no way to write it.
 */
export function printToken(value: string, syntax: OptionSyntax): string {
  if (value.includes('\0')) throw refused(value, 'a NUL character', syntax);
  switch (syntax) {
    case 'literal':
      return value;
    case 'tool-options':
      return printToolOption(value);
    case 'argfile':
      return printArgument(value);
    case 'catalina':
      return /^[\w./:=@%+,-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;
    case 'plain':
      if (!/^[^ \t\n*?[\\]+$/.test(value)) throw refused(value, 'white space or a glob character', syntax);
      return value;
    case 'lines':
      if (/[\r\n]|^[\s#]|\s$|^$/.test(value)) throw refused(value, 'a line break, or white space or # at its edge', syntax);
      return value;
    case 'script':
      // The token may stand in any kind of quotes: only what means the same in all of them.
      if (!/^[\w./:=@%+,-]+$/.test(value)) throw refused(value, 'a character that a shell may read', syntax);
      return value;
    default:
      return syntax satisfies never;
  }
}

function printToolOption(value: string): string {
  if (value === '') throw refused(value, 'no character (an empty option stops the JVM)', 'tool-options');
  if (!/["'\s]/.test(value)) return value;
  if (!value.includes('"')) return `"${value}"`;
  return value
    .split('"')
    .map((part) => (part === '' ? '' : `"${part}"`))
    .join(`'"'`);
}

function printArgument(value: string): string {
  if (value === '') throw refused(value, 'no character', 'argfile');
  if (!/["'\s#\\]/.test(value)) return value;
  const escaped = value
    .replaceAll(/["\\]/g, String.raw`\$&`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`);
  return `"${escaped}"`;
}

function refused(value: string, what: string, syntax: OptionSyntax): ChangeoverError {
  return new ChangeoverError('refused', `"${value}" cannot be written as one JVM option here (${syntax}): it has ${what}`, { hint });
}
