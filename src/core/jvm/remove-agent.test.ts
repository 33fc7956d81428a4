import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printToken } from './print-token.ts';
import { removeAgentTokens, replaceAgentFlag } from './remove-agent.ts';
import { replaceTokens } from './replace-tokens.ts';
import type { OptionSyntax } from './token.ts';

const SWJ = '/skywalking/agent/skywalking-agent.jar';
const AG = '/otel/javaagent.jar';
const agent = { ownsProperty: (name: string) => name.startsWith('skywalking.') || name === 'SW_AGENT_NAME' };

function replace(text: string, syntax: OptionSyntax = 'tool-options', jarPath = SWJ): string {
  return replaceAgentFlag(text, syntax, { jarPath, agent, newJarPath: AG, carryOver: { 'skywalking.agent.service_name': 'otel.service.name' } }).text;
}

function remove(text: string, syntax: OptionSyntax = 'tool-options', jarPath = SWJ): string {
  return removeAgentTokens(text, syntax, { jarPath, agent }).text;
}

describe('replacing the agent', () => {
  it.each([
    ['alone', `-javaagent:${SWJ}`, `-javaagent:${AG}`],
    ['with arguments', `-javaagent:${SWJ}=agent.service_name=foo,collector.backend_service=bar:11800`, `-javaagent:${AG}`],
    ['with properties', `-javaagent:${SWJ} -Dskywalking.agent.service_name=a -Xss1m -Dskywalking.agent.service_name=b`, `-javaagent:${AG} -Xss1m`],
    ["with a placeholder's property", `-DSW_AGENT_NAME=x -javaagent:${SWJ}`, `-javaagent:${AG}`],
    ['with a reference', `-javaagent:${SWJ} -Dskywalking.agent.instance_name=$(POD_NAME)`, `-javaagent:${AG}`],
    [
      'among others, in place',
      `-javaagent:/ttl.jar -javaagent:${SWJ} -javaagent:/jmx.jar=9404:/c.yml`,
      `-javaagent:/ttl.jar -javaagent:${AG} -javaagent:/jmx.jar=9404:/c.yml`,
    ],
    ['twice', `-javaagent:${SWJ} -Da=1 -javaagent:${SWJ}`, `-javaagent:${AG} -Da=1`],
    ['in a YAML block', `-Xmx1g\n-javaagent:${SWJ}\n-Dskywalking.a=b\n-Dc=d\n`, `-Xmx1g\n-javaagent:${AG}\n-Dc=d\n`],
    ['beside a longer path', `-javaagent:${SWJ}2 -Dskywalkingx.y=1`, `-javaagent:${SWJ}2 -Dskywalkingx.y=1`],
  ])('%s', (_case, before, after) => {
    expect(replace(before)).toBe(after);
    expect(replace(after)).toBe(after);
  });

  it('keeps the other quotes of the carrier byte by byte', () => {
    expect(replace(`-javaagent:"/my dir/skywalking-agent.jar"=agent.service_name=foo -Dx="a b"`, 'tool-options', '/my dir/skywalking-agent.jar')).toBe(
      `-javaagent:${AG} -Dx="a b"`,
    );
    expect(replace(`-javaagent:${SWJ} -Dskywalking.agent.service_name="my app" -Dfoo='a;b'`, 'catalina')).toBe(`-javaagent:${AG} -Dfoo='a;b'`);
  });

  it('renames in place what only the shell can evaluate', () => {
    expect(replace(`exec java $JAVA_OPTS -javaagent:${SWJ} -Dskywalking.agent.service_name=\${APP} -jar a.jar`, 'script')).toBe(
      `exec java $JAVA_OPTS -javaagent:${AG} -Dotel.service.name=\${APP} -jar a.jar`,
    );
  });

  it('leaves a text alone that does not parse', () => {
    expect(removeAgentTokens(`-javaagent:${SWJ} -Da="b`, 'tool-options', { jarPath: SWJ, agent })).toEqual({ text: `-javaagent:${SWJ} -Da="b`, removed: [] });
  });

  it('refuses a path that the carrier cannot hold', () => {
    expect(() => replaceAgentFlag(`-javaagent:${SWJ}`, 'plain', { jarPath: SWJ, agent, newJarPath: '/my dir/a.jar' })).toThrow(/white space/);
  });
});

describe('removing the agent', () => {
  it('edits assignments and commands of a script, and nothing else', () => {
    const script = `#!/bin/sh\n# uses -javaagent:${SWJ}\nCATALINA_OPTS="$CATALINA_OPTS \\\n  -javaagent:${SWJ}=a=b \\\n  -Dskywalking.x='y z' \\\n  -Xmx1g"\njava -javaagent:${SWJ} \\\n  -jar a.jar\n`;

    const { text, removed } = removeAgentTokens(script, 'script', { jarPath: SWJ, agent });

    expect(text).toBe(`#!/bin/sh\n# uses -javaagent:${SWJ}\nCATALINA_OPTS="$CATALINA_OPTS \\\n  -Xmx1g"\njava \\\n  -jar a.jar\n`);
    expect(removed).toEqual([`-javaagent:${SWJ}=a=b`, '-Dskywalking.x=y z', `-javaagent:${SWJ}`]);
  });

  it('does not let a comment of an argument file swallow the next option', () => {
    expect(remove(`-Xmx1g # heap\n-javaagent:${SWJ} -Da=b\n`, 'argfile')).toBe('-Xmx1g # heap\n-Da=b\n');
  });

  it('finds a flag that a reference completes', () => {
    const resolve = (text: string): string => text.replace('$(HOME_OF_AGENT)', '/skywalking/agent');

    expect(removeAgentTokens('-javaagent:$(HOME_OF_AGENT)/skywalking-agent.jar -Xmx1g', 'tool-options', { jarPath: SWJ, agent, resolve }).text).toBe('-Xmx1g');
  });

  const other = fc.constantFrom('-Xmx1g', '-Da=b c', `-Dq=it's`, '-Dx="y"', '-javaagent:/ttl.jar', '-Dskywalker=1', '-Du=$(POD)', '-XX:+UseG1GC');
  const ours = fc.constantFrom(
    `-javaagent:${SWJ}`,
    `-javaagent:${SWJ}=agent.service_name='a b'`,
    '-Dskywalking.agent.service_name=x y',
    '-Dskywalking.collector.backend_service=a:1',
  );
  const gap = fc.constantFrom(' ', '  ', '\n', '\t', ' \n ');

  it.each(['tool-options', 'catalina', 'argfile'] satisfies readonly OptionSyntax[])(
    'keeps every other token byte by byte, and twice is once: %s',
    (syntax) => {
      const gaps = syntax === 'catalina' ? fc.constantFrom(' ', '  ', '\t', ' \\\n ') : gap;
      fc.assert(
        fc.property(fc.array(fc.tuple(fc.oneof(other, ours), gaps, fc.boolean()), { minLength: 1, maxLength: 8 }), (parts) => {
          const written = parts.map(([value, space]) => ({
            raw: printToken(value, syntax),
            isOurs: /^-(?:javaagent:\/skywalking|Dskywalking\.)/.test(value),
            space,
          }));
          const text = written.map(({ raw, space }) => raw + space).join('');

          const once = remove(text, syntax);

          const kept = written.filter(({ isOurs }) => !isOurs).map(({ raw }) => raw);
          expect(
            once
              .split(/(?:[ \t\n]|\\\n)+/)
              .filter((part) => part !== '')
              .join(' '),
          ).toBe(
            kept
              .join(' ')
              .split(/[ \t\n]+/)
              .filter((part) => part !== '')
              .join(' '),
          );
          for (const raw of kept) expect(once).toContain(raw);
          expect(remove(once, syntax)).toBe(once);
          if (kept.length === written.length) expect(once).toBe(text);
        }),
      );
    },
  );
});

describe('replacing tokens', () => {
  it.each([
    ['a X b', 'a b'],
    ['X a', 'a'],
    ['a X', 'a'],
    ['X', ''],
    ['a  X  b', 'a  b'],
    ['a\n  X b', 'a\n  b'],
    ['  X a', '  a'],
  ])('takes one gap along with a removed token: %j', (text, expected) => {
    const start = text.indexOf('X');

    expect(replaceTokens(text, [{ start, end: start + 1, text: null }])).toBe(expected);
  });
});
