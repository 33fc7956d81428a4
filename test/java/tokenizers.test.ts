import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OptionSyntax } from '../../src/core/jvm/token.ts';
import { tokenize } from '../../src/core/jvm/tokenize.ts';
import { javaCommands } from './java-commands.ts';

const folder = mkdtempSync(join(tmpdir(), 'tokenizers-'));
const main = `public class Show {
  public static void main(String[] args) throws Exception {
    StringBuilder out = new StringBuilder();
    for (java.util.Map.Entry<Object, Object> each : System.getProperties().entrySet())
      if (each.getKey().toString().startsWith("t.")) out.append("-D").append(each.getKey()).append('=').append(each.getValue()).append('\\0');
    for (String each : args) out.append(each).append('\\0');
    System.out.write(out.toString().getBytes("UTF-8"));
    System.out.flush();
  }
}
`;
const compiler = 'javac';
const fast = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto', '-Dfile.encoding=UTF-8'];

beforeAll(() => {
  writeFileSync(join(folder, 'Show.java'), main);
  execFileSync(compiler, ['--release', '8', '-nowarn', '-d', folder, join(folder, 'Show.java')], { stdio: 'ignore' });
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What the program saw, sorted: its `t.*` properties and its arguments; undefined when the JVM refused to start. */
function run(command: string, args: readonly string[], env: { readonly [name: string]: string } = {}): readonly string[] | undefined {
  const { status, stdout } = spawnSync(command, args, { env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', ...env }, encoding: 'utf8', cwd: folder });
  return status === 0 ? stdout.split('\0').slice(0, -1).toSorted() : undefined;
}

let files = 0;

function writeText(text: string): string {
  const path = join(folder, `f${(files += 1)}`);
  writeFileSync(path, text);
  return path;
}

interface CarrierUnderTest {
  readonly name: string;
  readonly syntax: OptionSyntax;
  /** Hands all texts to one JVM, in order. */
  readonly start: (command: string, texts: readonly string[]) => readonly string[] | undefined;
}

const program = ['-cp', folder, 'Show'];
const inEnv = (name: string): CarrierUnderTest => ({
  name,
  syntax: 'tool-options',
  start: (command, texts) => run(command, [...fast, ...program], { [name]: texts.join(' ') }),
});
const carriers: readonly CarrierUnderTest[] = [
  inEnv('JAVA_TOOL_OPTIONS'),
  inEnv('_JAVA_OPTIONS'),
  inEnv('JDK_JAVA_OPTIONS'),
  {
    name: '-XX:VMOptionsFile',
    syntax: 'tool-options',
    start: (command, texts) => run(command, [...fast, `-XX:VMOptionsFile=${writeText(texts.join('\n'))}`, ...program]),
  },
  {
    name: '@argfile',
    syntax: 'argfile',
    start: (command, texts) => run(command, [...fast, ...texts.map((text) => `@${writeText(text)}`), ...program]),
  },
];

const piece = fc.oneof(
  fc.constantFrom('a', 'B-7', '=', '\\', '\\\\', '\\n', '@f', '#c', '$(X)', '$X', '`x`', ';', '&', '*', '?', 'ü', '汉', '\u00a0', '%s', '//', ','),
  fc.constantFrom(`"x y"`, `'x y'`, `""`, `''`, `"it's"`, `'say "x"'`, `"a\tb"`, `"#"`, `"\\\\t"`, `'\\"'`, `"a\\\n   b"`, `"\\q"`, `'q\\'`),
  fc.constantFrom(`"`, `'`, `"x\ny"`),
);
const gap = fc.constantFrom(' ', '  ', '\t', '\n', '\n\n', '\r\n', '\f', ' # note\n', '\n#"\n ');

/** Texts of a carrier in which every token is meant to be `-Dt.N=…`; quotes and comments may make something else of them. */
function texts(count: number, seed: number): readonly string[] {
  const token = fc.tuple(fc.array(piece, { maxLength: 5 }), gap);
  const drawn = fc.sample(fc.array(token, { minLength: 1, maxLength: 4 }), { numRuns: count, seed });
  return drawn.map((tokens, index) => tokens.map(([pieces, space], place) => `-Dt.${index}.${place}=${pieces.join('')}${space}`).join(''));
}

/** The properties that the options set, sorted, the last of a name alone; undefined when the JVM would not start with them. */
function expected(text: string, syntax: OptionSyntax): readonly string[] | undefined {
  const { tokens, problem } = tokenize(text, syntax);
  if (problem !== undefined || tokens.some((token) => !token.text.startsWith('-Dt.'))) return undefined;
  const last = new Map(tokens.map((token) => [token.text.split('=')[0], token.text]));
  return [...last.values()].toSorted();
}

const byHand = [
  '-Dt.a=1',
  ' \n-Dt.b=1\n',
  `-Dt.c=a'b c'd"e f"g`,
  '-Dt.d=ü\u00a0ß汉',
  `-Dt."e f"=1`,
  `"-Dt.g=x y"`,
  `'-D't.h=1`,
  '-Dt.i=a=b=c',
  '-Dt.j',
  '-Dt.k=',
];
const refused = ['-Dt.a="x', `-Dt.a='x`, `""`, `''`, `-Dt.a=1 ""`, '-Dt.a=1 \\', `-Dt.a=1 x`, `"x y"`, `-Dt.a=1 "`];

describe.each(javaCommands())('java $version reads as we do', ({ command, version }) => {
  it.each(carriers)('$name: what starts', ({ syntax, start }) => {
    const cases = [...byHand, ...texts(120, version)].filter((text) => expected(text, syntax) !== undefined);
    const propertyOf = (option: string): string => (option.includes('=') ? option : `${option}=`);

    const seen = start(command, cases);

    expect(cases.length).toBeGreaterThan(40);
    expect(seen).toEqual(
      cases
        .flatMap((text) => expected(text, syntax) ?? [])
        .map(propertyOf)
        .toSorted(),
    );
  });

  it.each(carriers)('$name: what does not start', ({ syntax, start, name }) => {
    const own = [...refused, ...texts(120, version)].filter((text) => expected(text, syntax) === undefined).slice(0, 10);

    const started = own.filter((text) => start(command, [text]) !== undefined);

    expect(own.length).toBeGreaterThan(name === '@argfile' ? 4 : 8);
    expect(started).toEqual([]);
  });

  it('an argument file of anything', () => {
    const any = fc.array(fc.oneof(piece, gap, fc.constantFrom('-D', '@', '@@', '-')), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
    const cases = fc.sample(any, { numRuns: version === 17 ? 25 : 8, seed: version });

    for (const text of cases) {
      const seen = run(command, [...fast, `@${writeText(`-cp ${folder} Show ${text}`)}`]);

      expect({ text, seen }).toEqual({
        text,
        seen: tokenize(` ${text}`, 'argfile')
          .tokens.map((token) => token.text)
          .toSorted(),
      });
    }
  });
});
