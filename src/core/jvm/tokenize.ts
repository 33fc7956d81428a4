import type { OptionSyntax, Token, Tokens } from './token.ts';
import { tokenizeArgfile } from './tokenize-argfile.ts';
import { tokenizeCatalina } from './tokenize-catalina.ts';
import { tokenizeLines } from './tokenize-lines.ts';
import { tokenizePlain } from './tokenize-plain.ts';
import { tokenizeToolOptions } from './tokenize-tool-options.ts';
import { scriptTokens } from './script-tokens.ts';

/** Splits a carrier's text by its syntax. */
export function tokenize(text: string, syntax: OptionSyntax): Tokens {
  switch (syntax) {
    case 'tool-options':
      return tokenizeToolOptions(text);
    case 'catalina':
      return tokenizeCatalina(text);
    case 'plain':
      return tokenizePlain(text);
    case 'argfile':
      return tokenizeArgfile(text);
    case 'lines':
      return tokenizeLines(text);
    case 'script':
      return scriptTokens(text);
    case 'literal':
      return { tokens: [{ text, start: 0, end: text.length } satisfies Token] };
    default:
      return syntax satisfies never;
  }
}
