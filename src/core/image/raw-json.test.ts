import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import { applySplices, editJson, invertSplices, spliceJson } from './raw-json.ts';
import type { JsonEdit, JsonPath } from './raw-json.ts';

describe('editJson', () => {
  it.each<[text: string, edits: readonly JsonEdit[], expected: string]>([
    ['{"a":1}', [{ kind: 'set', path: ['b'], value: 'x' }], '{"a":1,"b":"x"}'],
    ['{ "a" : 1 , "z":9007199254740993 }\n', [{ kind: 'set', path: ['a'], value: 2 }], '{ "a" : 2 , "z":9007199254740993 }\n'],
    ['{}', [{ kind: 'set', path: ['a', 'b', 'c'], value: true }], '{"a":{"b":{"c":true}}}'],
    ['{"a":null}', [{ kind: 'set', path: ['a', 'b'], value: 1 }], '{"a":{"b":1}}'],
    ['{"a":null}', [{ kind: 'set', path: ['a', 0], value: 1 }], '{"a":[1]}'],
    ['{"a":[1, 2]}', [{ kind: 'set', path: ['a', 2], value: 3 }], '{"a":[1, 2,3]}'],
    ['{"a":[1, 2]}', [{ kind: 'set', path: ['a', 0], value: { k: [] } }], '{"a":[{"k":[]}, 2]}'],
    ['{"a":1, "b":2, "c":3}', [{ kind: 'remove', path: ['a'] }], '{"b":2, "c":3}'],
    ['{"a":1, "b":2, "c":3}', [{ kind: 'remove', path: ['b'] }], '{"a":1, "c":3}'],
    ['{"a":1, "b":2, "c":3}', [{ kind: 'remove', path: ['c'] }], '{"a":1, "b":2}'],
    ['{ "a": 1 }', [{ kind: 'remove', path: ['a'] }], '{  }'],
    ['{"a":[1,2,3]}', [{ kind: 'remove', path: ['a', 1] }], '{"a":[1,3]}'],
    ['{"a":1}', [{ kind: 'remove', path: ['b', 'c'] }], '{"a":1}'],
    ['{"a":1}', [{ kind: 'remove', path: ['a', 'c'] }], '{"a":1}'],
    ['{"__proto__":1,"\\u0061":2}', [{ kind: 'set', path: ['a'], value: 3 }], '{"__proto__":1,"\\u0061":3}'],
    ['{"x":{"__proto__":{"k":1}}}', [{ kind: 'set', path: ['x', '__proto__', 'n'], value: 3 }], '{"x":{"__proto__":{"k":1,"n":3}}}'],
    ['{}', [{ kind: 'set', path: ['__proto__', 'n'], value: 3 }], '{"__proto__":{"n":3}}'],
    ['{"2":1,"1":"a\\u0026\\"}b"}', [{ kind: 'set', path: ['1.5'], value: 0 }], '{"2":1,"1":"a\\u0026\\"}b","1.5":0}'],
  ])('edits %s', (text, edits, expected) => {
    expect(editJson(text, edits)).toBe(expected);
  });

  it.each<[text: string, path: JsonPath]>([
    ['{"a":1,"a":2}', ['a']],
    ['{"a":"text"}', ['a', 'b']],
    ['{"a":[1]}', ['a', 5]],
    ['{"a":[1]}', ['a', 'b']],
    ['{"a":{}}', ['a', 0]],
    ['{"a":1', ['a']],
  ])('refuses to set in %s', (text, path) => {
    expect(() => editJson(text, [{ kind: 'set', path, value: 1 }])).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });

  it('gives the same text without edits', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(editJson(text, [])).toBe(text);
      }),
    );
  });

  it('means the same as editing the parsed document, and can be undone to the character', () => {
    fc.assert(
      fc.property(documents, fc.constantFrom(undefined, 1, '\t'), fc.array(edits, { maxLength: 5 }), (document, space, edits) => {
        const text = JSON.stringify(document, null, space);

        const splices = spliceJson(text, edits);
        const edited = applySplices(text, splices);

        expect(JSON.parse(edited)).toEqual(edits.reduce(editParsed, document));
        expect(applySplices(edited, invertSplices(text, splices))).toBe(text);
      }),
    );
  });
});

const keys = fc.constantFrom('a', 'b', '', 'é"\\', '10', '1');
const leaf = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.array(fc.string(), { maxLength: 2 }));
const documents = fc.dictionary(keys, fc.dictionary(keys, leaf, { noNullPrototype: true }), { noNullPrototype: true });
const edits: fc.Arbitrary<JsonEdit> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), path: fc.tuple(keys, keys), value: leaf }),
  fc.record({ kind: fc.constant('remove' as const), path: fc.tuple(keys, keys) }),
  fc.record({ kind: fc.constant('remove' as const), path: fc.tuple(keys) }),
);

function editParsed(document: Record<string, Record<string, Json>>, edit: JsonEdit): Record<string, Record<string, Json>> {
  const [first, second] = edit.path as [string, string | undefined];
  const { [first]: inner, ...others } = document;
  if (edit.kind === 'set' && second !== undefined) return { ...others, [first]: { ...inner, [second]: edit.value } };
  if (second === undefined) return others;
  return inner === undefined ? document : { ...others, [first]: Object.fromEntries(Object.entries(inner).filter(([key]) => key !== second)) };
}
