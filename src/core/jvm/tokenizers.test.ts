import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printToken } from './print-token.ts';
import type { OptionSyntax } from './token.ts';
import { tokenize } from './tokenize.ts';
import { tokenizeArgfile } from './tokenize-argfile.ts';
import { tokenizeCatalina } from './tokenize-catalina.ts';
import { tokenizePlain } from './tokenize-plain.ts';
import { tokenizeShellWords } from './tokenize-shell-words.ts';
import { tokenizeToolOptions } from './tokenize-tool-options.ts';

const texts = (tokens: readonly { readonly text: string }[]): readonly string[] => tokens.map((token) => token.text);
const java = process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin/java') : 'java';
const hasJava = spawnSync(java, ['-version']).status === 0;

describe('JAVA_TOOL_OPTIONS', () => {
  it('splits at every kind of white space and drops quotes anywhere', () => {
    const { tokens, problem } = tokenizeToolOptions(`-Da='x y' -Db="x'y"\n-Dc=a'b c'd"e f"g\t-Dd=\\e`);

    expect(texts(tokens)).toEqual(['-Da=x y', "-Db=x'y", '-Dc=ab cde fg', '-Dd=\\e']);
    expect(problem).toBeUndefined();
  });

  it('says where the raw bytes of a token are', () => {
    const text = '  -javaagent:"/my dir/a.jar"=x=y  -Xmx1g ';

    const [agent, heap] = tokenizeToolOptions(text).tokens;

    expect(text.slice(agent?.start, agent?.end)).toBe('-javaagent:"/my dir/a.jar"=x=y');
    expect(text.slice(heap?.start, heap?.end)).toBe('-Xmx1g');
  });

  it.each([
    ['-Da=1 "open', 'unmatched-quote'],
    ["-Da='", 'unmatched-quote'],
    ['"" -Da=1', 'empty-option'],
  ])('reports what stops the JVM: %s', (text, problem) => {
    expect(tokenizeToolOptions(text).problem).toBe(problem);
  });
});

describe('a JVM here', () => {
  it.skipIf(!hasJava)('reads JAVA_TOOL_OPTIONS as we do', () => {
    const values = [
      '1',
      `'x y'`,
      `"x'y"`,
      `a'b c'd"e f"g`,
      String.raw`\a\b`,
      String.raw`"q\"r`,
      `''`,
      `"it's"=x`,
      '$(X)',
      '`x`;&|',
      '@f',
      '#c',
      '*',
      'ü\u00a0ß',
    ];
    const text = values.map((value, index) => `-Dt.${index}=${value}`).join(' \n\t\v\f\r');

    const expected = Object.fromEntries(texts(tokenizeToolOptions(text).tokens).map((token) => propertyOf(token)));

    expect(propertiesOf([], { JAVA_TOOL_OPTIONS: text })).toEqual(expected);
  });

  it.skipIf(!hasJava)('reads an argument file as we do', () => {
    const folder = mkdtempSync(join(tmpdir(), 'argfile-'));
    const text = [
      '# comment -Dt.no=1',
      '-Dt.0=1 # comment',
      String.raw`-Dt.1=x\y -Dt.2="q\\r\tz\"w\e" -Dt.3='it"s'`,
      '-Dt.4="open',
      '-Dt.5="join \\',
      '     ed" -Dt.6="" -Dt.7="a"b\f-Dt.8=1',
      '-Dt.9=a#b -Dt.no=2',
      '-Dt.10=end"',
    ].join('\n');
    writeFileSync(join(folder, 'jvm.args'), text);

    const expected = Object.fromEntries(texts(tokenizeArgfile(text).tokens).map((token) => propertyOf(token)));
    const actual = propertiesOf([`@${join(folder, 'jvm.args')}`], {});
    rmSync(folder, { recursive: true });

    expect(actual).toEqual(expected);
  });
});

describe('shell words', () => {
  it('removes quotes and keeps expansions as text', () => {
    const { tokens } = tokenizeShellWords(`exec java $JAVA_OPTS -Da="x \${B:-c d}" -Dc='$no' -Dd=\\$no "-De=$(cat "a b")" \`id\``);

    expect(texts(tokens)).toEqual(['exec', 'java', '$JAVA_OPTS', '-Da=x ${B:-c d}', '-Dc=$no', '-Dd=$no', '-De=$(cat "a b")', '`id`']);
    expect(tokens.map((token) => token.expands === true)).toEqual([false, false, true, true, false, false, true, true]);
  });

  it('tells operators, redirections, comments and here-documents apart', () => {
    const { tokens } = tokenizeShellWords('a && b >out 2>&1 # note\ncat <<EOF\n-javaagent:/x.jar\nEOF\nc;d \\\n e#f');

    expect(texts(tokens.filter((token) => token.operator === undefined))).toEqual(['a', 'b', 'out', '1', 'cat', 'EOF', 'c', 'd', 'e#f']);
    expect(tokens.filter((token) => token.operator === 'redirect').map((token) => token.text)).toEqual(['>', '2>&', '<<']);
  });

  it('reports quotes and expansions that never end', () => {
    expect(['a "b', "a 'b", 'a $(b', 'a `b', 'a ${b'].map((text) => tokenizeShellWords(text).problem)).toEqual(
      Array.from({ length: 5 }, () => 'unmatched-quote'),
    );
  });
});

describe('variables of start scripts', () => {
  it('evaluates what Tomcat evaluates once more', () => {
    const { tokens, problem } = tokenizeCatalina(`-Dskywalking.agent.service_name="my app" -Dfoo='a;b' -Dbar=\${X}`);

    expect(texts(tokens)).toEqual(['-Dskywalking.agent.service_name=my app', '-Dfoo=a;b', '-Dbar=${X}']);
    expect(tokens[2]?.expands).toBe(true);
    expect(problem).toBeUndefined();
  });

  it('ends where an unquoted operator ends the command', () => {
    expect(tokenizeCatalina('-Da=1;b -Dc=1')).toEqual({ tokens: [{ text: '-Da=1', start: 0, end: 5 }], problem: 'shell-operator' });
  });

  it('keeps quotes literal where a shell only splits fields', () => {
    expect(texts(tokenizePlain(`-Da="x y" \n-Db='z'`).tokens)).toEqual(['-Da="x', 'y"', "-Db='z'"]);
  });
});

describe('printing', () => {
  const value = fc.stringMatching(/^[-\w ./:=@"'\\#$;*]{1,20}$/);

  it.each(['tool-options', 'catalina', 'argfile'] satisfies readonly OptionSyntax[])('writes tokens that read back the same: %s', (syntax) => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (values) => {
        const text = values.map((each) => printToken(each, syntax)).join(' ');

        expect(texts(tokenize(text, syntax).tokens)).toEqual(values);
      }),
    );
  });

  it('refuses what a carrier cannot hold', () => {
    expect(() => printToken('', 'tool-options')).toThrow(/no character/);
    expect(() => printToken('a b', 'plain')).toThrow(/white space/);
    expect(() => printToken('a$b', 'script')).toThrow(/shell/);
  });
});

function propertyOf(option: string): readonly [string, string] {
  const [, name = '', value = ''] = /^-D([^=]+)=?(.*)$/s.exec(option) ?? [];
  return [name, value];
}

/** The `t.*` system properties that `-XshowSettings` lists under these arguments and variables. */
function propertiesOf(args: readonly string[], env: { readonly [name: string]: string }): { readonly [name: string]: string } {
  const { stderr } = spawnSync(java, [...args, '-XshowSettings:properties', '-version'], {
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
    encoding: 'utf8',
  });
  return Object.fromEntries([...stderr.matchAll(/^ {4}(t\.\w+) = (.*(?:\n(?! {4}).+)*)$/gm)].map((match) => [match[1], match[2]]));
}
