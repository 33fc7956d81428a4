import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeoverError } from '../../core/error.ts';
import { formatYaml, parseYamlDocument } from './parse-yaml.ts';

function refusal(text: string): ChangeoverError {
  try {
    parseYamlDocument(text, 'policy.yaml');
  } catch (error) {
    if (error instanceof ChangeoverError) return error;
    throw error;
  }
  throw new Error('the text was accepted');
}

describe('parseYamlDocument', () => {
  it('reads a document as plain data; dates and version numbers stay text', () => {
    const { value } = parseYamlDocument('a: 2026-12-31\nb: [1, true, null]\nc: {d: 2.33.1}\n', 'policy.yaml');

    expect(value).toEqual({ a: '2026-12-31', b: [1, true, null], c: { d: '2.33.1' } });
  });

  it('knows where each member and item stands', () => {
    const { position } = parseYamlDocument('spec:\n  rollout:\n    soak: 5m\n  list:\n    - a: 1\n    - b\n  flow: {x: [1, 2]}\n', 'policy.yaml');

    expect(position([])).toEqual({ line: 1, column: 1 });
    expect(position(['spec', 'rollout', 'soak'])).toEqual({ line: 3, column: 5 });
    expect(position(['spec', 'list', 1])).toEqual({ line: 6, column: 7 });
    expect(position(['spec', 'flow', 'x', 1])).toEqual({ line: 7, column: 17 });
    expect(position(['spec', 'missing'])).toBeUndefined();
  });

  it('finds members behind an alias', () => {
    const { value, position } = parseYamlDocument('a: &it\n  b: 1\nc: *it\n', 'policy.yaml');

    expect(value).toEqual({ a: { b: 1 }, c: { b: 1 } });
    expect(position(['c', 'b'])).toEqual({ line: 2, column: 3 });
  });

  it.each([
    ['a syntax error', 'a: [1, 2\nb: 3\n', 'policy.yaml:2:1', 'must be sufficiently indented'],
    ['the same key twice', 'a: 1\nb:\n  c: 1\n  c: 2\n', 'policy.yaml:4:3', 'has the key "c" twice'],
    ['a tab as indentation', 'a:\n\tb: 1\n', 'policy.yaml:2:1', 'indented with a tab'],
    ['two documents', 'a: 1\n---\nb: 2\n', 'policy.yaml:2:1', 'more than one document'],
    ['an unknown tag', 'a: !env FOO\n', 'policy.yaml:1:4', '!env'],
    ['a number that would lose digits', 'a: 12345678901234567890\n', 'policy.yaml:1:4', 'put it in quotes'],
    ['infinity', 'a: .inf\n', 'policy.yaml:1:4', 'put it in quotes'],
    ['an alias without an anchor', 'a: *b\n', 'policy.yaml:1:4', '*b has no anchor'],
    ['an alias of itself', '&a [*a]\n', 'policy.yaml:1:5', 'contains itself'],
    ['deep nesting', '['.repeat(50_000), 'policy.yaml:1:', 'nested too deep'],
  ])('refuses %s and says where', (_, text, target, message) => {
    const error = refusal(text);

    expect(error.code).toBe('invalid-file');
    expect(error.target).toContain(target);
    expect(error.message).toContain(message);
  });

  it('refuses a document that grows when its aliases are followed', () => {
    const level = (name: string, of: string): string => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${of}`).join(', ')}]\n`;

    const error = refusal(`a: &a [x, x]\n${level('b', 'a')}${level('c', 'b')}${level('d', 'c')}`);

    expect(error.message).toContain('anchors too often');
  });

  it('refuses a file above its bound', () => {
    expect(refusal(`a: ${'x'.repeat(1024 * 1024)}`).code).toBe('too-large');
  });

  it('lists all syntax errors at once, each with its line', () => {
    expect(refusal('a: !x 1\nb: !y 2\n').message.split('\n')).toEqual(['policy.yaml:1:4: Unresolved tag: !x', 'policy.yaml:2:4: Unresolved tag: !y']);
  });
});

describe('formatYaml', () => {
  it('writes text that reads back as the same data', () => {
    const json = fc.jsonValue({ maxDepth: 3 }).filter((value) => !JSON.stringify(value).includes('__proto__'));

    fc.assert(
      fc.property(json, (value) => {
        const plain = JSON.parse(JSON.stringify(value), (_, member: unknown) => (typeof member === 'number' ? Math.trunc(member) % 1e9 : member)) as never;

        expect(parseYamlDocument(formatYaml(plain), 'x.yaml').value).toEqual(plain);
      }),
    );
  });
});
