import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effectiveOptions } from '../../src/core/jvm/effective-options.ts';
import { printToken } from '../../src/core/jvm/print-token.ts';
import { removeAgentTokens, replaceAgentFlag } from '../../src/core/jvm/remove-agent.ts';
import type { OptionSyntax } from '../../src/core/jvm/token.ts';
import { tokenize } from '../../src/core/jvm/tokenize.ts';

const SWJ = '/sw/skywalking-agent.jar';
const AG = '/otel/javaagent.jar';
const agent = { ownsProperty: (name: string) => name.startsWith('skywalking.') };
const options = { jarPath: SWJ, agent };
const syntaxes: readonly OptionSyntax[] = ['tool-options', 'catalina', 'plain', 'argfile', 'lines', 'script', 'literal'];

const fragment = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(' ', '  ', '\n', '\t', '\r\n', '\f', '"', "'", '\\', '\\\n', '#', '`', '$', '$(', '${', ')', '}', ';', '&&', '|', '<<E', '>'),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      `-javaagent:${SWJ}`,
      `-javaagent:${SWJ}=a=b`,
      '-Dskywalking.x=y',
      '-Da=b',
      'JAVA_OPTS=',
      '${A:-',
      '${A:+',
      '$A',
      '$(A)',
      'java ',
      'exec ',
      '"$@"',
      'set -- ',
      'eval ',
      'if ',
      '; fi',
      'case ',
      '@f',
      '. ',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
);
const text = fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join(''));

describe.each(syntaxes)('any text as %s', (syntax) => {
  it('is split into tokens that stand one after the other, edited once for all, and never thrown at', () => {
    fc.assert(
      fc.property(text, (each) => {
        const { tokens } = tokenize(each, syntax);
        const once = removeAgentTokens(each, syntax, options);
        const twice = removeAgentTokens(once.text, syntax, options);
        const swapped = replaceAgentFlag(each, syntax, { ...options, newJarPath: AG }).text;

        let end = 0;
        for (const token of tokens) {
          if (token.start < end || token.end < token.start || token.end > each.length) throw new Error(`token at ${token.start}-${token.end}`);
          end = token.end;
        }
        if (once.removed.length === 0 && (once.text !== each || swapped !== each)) throw new Error('changed without a reason');
        if (twice.text !== once.text) throw new Error(`twice: ${JSON.stringify([once.text, twice.text])}`);
        if (replaceAgentFlag(swapped, syntax, { ...options, newJarPath: AG }).text !== swapped) throw new Error('swapped twice');
      }),
      { numRuns: 17_000, seed: 6 },
    );
  });
});

describe.each(['tool-options', 'catalina', 'plain', 'argfile', 'script'] satisfies readonly OptionSyntax[])('tokens of %s', (syntax) => {
  const kept = fc.constantFrom('-Xmx1g', '-Da=b', '-Dpath=/x:y', '-XX:+UseG1GC', '-javaagent:/ttl.jar', '-Dskywalker=1', '-Xss1m');
  const line = fc.tuple(fc.array(kept, { maxLength: 4 }), fc.array(kept, { maxLength: 4 }), fc.constantFrom(' ', '  ', '\t'));

  it('come back as they were when the old agent does', () => {
    fc.assert(
      fc.property(line, ([before, after, gap]) => {
        const original = [...before, `-javaagent:${SWJ}`, ...after].map((each) => printToken(each, syntax)).join(gap);

        const there = replaceAgentFlag(original, syntax, { ...options, newJarPath: AG }).text;
        const back = replaceAgentFlag(there, syntax, { jarPath: AG, agent: { ownsProperty: () => false }, newJarPath: SWJ }).text;

        expect(there).toBe(original.replace(SWJ, AG));
        expect(back).toBe(original);
      }),
    );
  });

  it('lose exactly the ones meant', () => {
    fc.assert(
      fc.property(line, ([before, after, gap]) => {
        const original = [...before, `-javaagent:${SWJ}=a=b`, '-Dskywalking.x=y', ...after].join(gap);

        const { text: rest, removed } = removeAgentTokens(original, syntax, options);

        expect(removed).toEqual([`-javaagent:${SWJ}=a=b`, '-Dskywalking.x=y']);
        expect(rest).toBe([...before, ...after].join(gap));
      }),
    );
  });
});

describe('any container', () => {
  it('is read without an error', () => {
    const image = { os: 'linux', architecture: 'amd64', entrypoint: ['/start.sh'], cmd: [], env: [], workingDir: '/', user: '', labels: {}, volumes: [] };
    const input = fc.record({ script: text, command: fc.option(fc.array(text, { maxLength: 3 })), tool: text, opts: text });

    fc.assert(
      fc.property(input, ({ script, command, tool, opts }) => {
        const env = Object.entries({ A: opts, JAVA_OPTS: opts, JAVA_TOOL_OPTIONS: tool, JDK_JAVA_OPTIONS: opts }).map(([name, value]) => ({ name, value }));
        const container = { name: 'app', image: 'a', env, ...(command ? { command } : {}) };

        const result = effectiveOptions({ container, image, imageText: () => `#!/bin/sh\n${script}` });

        return result.options.every(({ start, end }) => start <= end);
      }),
      { numRuns: 5_000, seed: 7 },
    );
  });
});
