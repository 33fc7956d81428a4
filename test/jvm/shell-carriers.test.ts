import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { tokenizeCatalina } from '../../src/core/jvm/tokenize-catalina.ts';
import { tokenizePlain } from '../../src/core/jvm/tokenize-plain.ts';
import { tokenizeShellWords } from '../../src/core/jvm/tokenize-shell-words.ts';

const empty = mkdtempSync(join(tmpdir(), 'shell-carriers-'));
const shells = ['/bin/sh', '/bin/dash', '/bin/bash'].filter((path) => existsSync(path));
const env = { LC_ALL: 'C.UTF-8' };
/** Prints each of its arguments, after how many there are. */
const show = `show() { printf '%s\\0' "$#" "$@"; }; for text; do`;

afterAll(() => rmSync(empty, { recursive: true }));

/** What a shell makes of each text by `how`. */
function words(shell: string, how: string, texts: readonly string[]): readonly (readonly string[])[] {
  const out = execFileSync(shell, ['-c', `${show} ${how}; done`, 'sh', ...texts], { cwd: empty, env, encoding: 'utf8' }).split('\0');
  const lists: (readonly string[])[] = [];
  for (let at = 0; at + 1 < out.length; at += Number(out[at]) + 1) lists.push(out.slice(at + 1, at + 1 + Number(out[at])));
  return lists;
}

const plainPiece = fc.constantFrom(
  'a',
  '-Dx=',
  '\\',
  `"`,
  `'`,
  '#',
  '$X',
  '`',
  ';',
  '&',
  '|',
  '<',
  '(',
  '=',
  ' ',
  '  ',
  '\t',
  '\n',
  '\r',
  '\v',
  '\f',
  'ü',
  '\u00a0',
  '~',
  '{a,b}',
  '!',
);
const quotedPiece = fc.oneof(
  fc.constantFrom('a', '-Dx=', 'B/7', '=', ' ', '  ', '\t', ' \\\n ', 'ü汉', '\u00a0', '#', 'a#b', '@', '%', ',', ':', '\r', '\v', '\f', '^', ']'),
  fc.constantFrom(
    `"x y"`,
    `'x y'`,
    `""`,
    `''`,
    `"it's"`,
    `'say "x"'`,
    `"\\""`,
    `"\\\\"`,
    `"\\a"`,
    `"\\$X"`,
    `"\\\`"`,
    `'\\'`,
    `"a\nb"`,
    `'a\nb'`,
    `"a\\\nb"`,
    `";&|"`,
    `'$X \`'`,
    `"#"`,
  ),
  fc.constantFrom('\\ ', '\\"', "\\'", '\\\\', '\\$', '\\;', '\\a', '\\#', '\\\t', '\\\n', '\\`', '\\&'),
);
/** Texts of words alone: a comment may swallow a quote, and a newline ends the command. */
const ofWords = (texts: readonly string[]): readonly string[] =>
  texts.filter((each) => {
    const { tokens, problem } = tokenizeShellWords(`show ${each}`);
    return problem === undefined && tokens.every((token) => token.operator === undefined);
  });
const text = (piece: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.array(piece, { minLength: 1, maxLength: 9 }).map((pieces) => pieces.join(''));

describe.each(shells)('%s', (shell) => {
  it('splits an unquoted variable at white space, and leaves its quotes alone', () => {
    const texts = fc.sample(text(plainPiece), { numRuns: 400, seed: 1 });

    expect(words(shell, 'set -f; show $text', texts)).toEqual(texts.map((each) => tokenizePlain(each).tokens.map((token) => token.text)));
  });

  it('reads words of a command as we do', () => {
    const texts = ofWords(fc.sample(text(quotedPiece), { numRuns: 400, seed: 2 }));

    expect(words(shell, 'set -f; eval "show $text"', texts)).toEqual(
      texts.map((each) =>
        tokenizeShellWords(`show ${each}`)
          .tokens.slice(1)
          .map((token) => token.text),
      ),
    );
  });

  it('evaluates a variable twice as Tomcat has it done', () => {
    const texts = ofWords(fc.sample(text(quotedPiece), { numRuns: 400, seed: 3 }));

    expect(
      words(
        shell,
        String.raw`set -f; eval show "\"first\"" "$text" "\"last\""`,
        texts.map((each) => `${each} `),
      ),
    ).toEqual(
      texts.map((each) => {
        const { tokens } = tokenizeShellWords(`first ${each} last`);
        return tokens.map((token) => token.text);
      }),
    );
  });

  it('does not take a text whose quotes do not match, as we do not', () => {
    const texts = fc.sample(text(fc.oneof(quotedPiece, fc.constantFrom(`"`, `'`, '`', '$(', '${'))), { numRuns: 150, seed: 4 });
    const odd = texts.filter((each) => tokenizeShellWords(each).problem === 'unmatched-quote').slice(0, 25);

    const taken = odd.filter((each) => spawnSync(shell, ['-n', '-c', `: ${each}`], { cwd: empty, env }).status === 0);

    expect(odd.length).toBe(25);
    expect(taken).toEqual([]);
  });

  it.each(['-Da=1;true -Db=2', '-Da=1 & true', '-Da=1 | cat', '-Da=1 && true', '-Da=x>/dev/null'])('ends the command where we do: %s', (each) => {
    const [seen] = words(shell, 'eval "show $text"', [each]);

    expect(tokenizeCatalina(each).problem).toBe('shell-operator');
    expect(
      tokenizeCatalina(each)
        .tokens.map((token) => token.text)
        .slice(0, seen?.length ?? 0),
    ).toEqual(seen ?? []);
  });
});
