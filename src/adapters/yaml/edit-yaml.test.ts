import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDocumentEdits, type DocumentEdit } from '../../core/convert/document-edit.ts';
import { spliceText } from '../../core/convert/splice-text.ts';
import type { EditRefusal } from '../../ports/manifest-text.ts';
import { readManifests } from './edit-yaml.ts';

const image: DocumentEdit = { kind: 'text', path: ['c', 0, 'image'], value: 'new:2' };
const added: DocumentEdit = { kind: 'append', path: ['c', 0, 'env'], item: { name: 'OTEL_SERVICE_NAME', value: 'shop' }, behind: 'image' };

describe('editing a text in place', () => {
  it.each([
    ['a plain text', 'c:\n- image: old:1 # pinned\n', 'c:\n- image: new:2 # pinned\n'],
    ['single quotes', "c:\n- image: 'old:1'\n", "c:\n- image: 'new:2'\n"],
    ['double quotes', 'c: [{image: "old:1", x: 1}]', 'c: [{image: "new:2", x: 1}]'],
    ['JSON', '{"c": [{"image": "old:1"}]}\n', '{"c": [{"image": "new:2"}]}\n'],
    ['a block', 'c:\n  - image: |- # why\n      old:1\n\n    name: x\n', 'c:\n  - image: |- # why\n      new:2\n\n    name: x\n'],
    ['CRLF and no final line break', 'c:\r\n- name: x\r\n  image: old:1', 'c:\r\n- name: x\r\n  image: new:2'],
    ['a tag and an unused anchor', 'c:\n- image: !!str &img old:1\n', 'c:\n- image: !!str &img new:2\n'],
    ['a byte order mark', '\uFEFFc:\n- image: old:1\n', '\uFEFFc:\n- image: new:2\n'],
  ])('keeps the style of %s', (_, before, after) => {
    expect(edit(before, [image])).toBe(after);
  });

  it.each([
    ['a folded block', 'v: >-\n  -Xmx1g\n  -Dold=1\n  -Da=b\n', '-Xmx1g -Da=b', 'v: >-\n  -Xmx1g\n  -Da=b\n'],
    ['the first line of a folded block', 'v: >\n    -Dold=1\n    -Xmx1g\n\nw: 1\n', '-Xmx1g\n', 'v: >\n    -Xmx1g\n\nw: 1\n'],
    ['a literal block', 'v: |\n  exec java \\\n    -Dold=1 \\\n    -jar a.jar\n', 'exec java \\\n  -jar a.jar\n', 'v: |\n  exec java \\\n    -jar a.jar\n'],
    ['a plain text over two lines', 'v: -Xmx1g\n  -Dold=1 -Da=b\n', '-Xmx1g -Da=b', 'v: -Xmx1g\n  -Da=b\n'],
    ['escapes', 'v: "a\\tb -Dold=\\"1\\" \\u00e9"\n', 'a\tb é', 'v: "a\\tb \\u00e9"\n'],
    ['doubled quotes', "v: '-Da=''x'' -Dold=1'\n", "-Da='x'", "v: '-Da=''x'''\n"],
    ['a folded double-quoted text', 'v: "-Xmx1g\n  -Dold=1\n  -Da=b"\n', '-Xmx1g -Da=b', 'v: "-Xmx1g\n  -Da=b"\n'],
    ['an explicit indentation', 'v: |2\n    -Dold=1 x\n', '  x\n', 'v: |2\n    x\n'],
  ])('takes a word out of %s and leaves the rest', (_, before, value, after) => {
    expect(edit(before, [{ kind: 'text', path: ['v'], value }])).toBe(after);
  });

  it.each([
    ['', 'v: ""\n'],
    ['yes', 'v: "yes"\n'],
    ['12', 'v: "12"\n'],
    ['a: b', 'v: "a: b"\n'],
  ])('puts what a plain scalar cannot hold in quotes: %j', (value, after) => {
    expect(edit('v: -Dold=1 x\n', [{ kind: 'text', path: ['v'], value }])).toBe(after);
  });

  it('writes an emptied block as empty quotes and keeps what is around it', () => {
    expect(edit('v: |- # note\n  -Dold=1\n\n# next\nw: 1\n', [{ kind: 'text', path: ['v'], value: '' }])).toBe('v: "" # note\n\n# next\nw: 1\n');
  });
});

describe('adding an item', () => {
  it.each([
    [
      'a block list',
      'c:\n  - env:\n      - name: A\n        value: "1" # one\n      # end\n    image: x\n',
      'c:\n  - env:\n      - name: A\n        value: "1" # one\n      - name: OTEL_SERVICE_NAME\n        value: "shop"\n      # end\n    image: x\n',
    ],
    [
      'a list without indentation',
      'c:\n- env:\n  - name: A\n    value: b',
      'c:\n- env:\n  - name: A\n    value: b\n  - name: OTEL_SERVICE_NAME\n    value: shop',
    ],
    [
      'wide bullets and CRLF',
      "c:\r\n- env:\r\n    -   name: A\r\n        value: 'b'\r\n",
      "c:\r\n- env:\r\n    -   name: A\r\n        value: 'b'\r\n    -   name: OTEL_SERVICE_NAME\r\n        value: 'shop'\r\n",
    ],
    ['items in one line', 'c:\n- env:\n  - {name: A, value: b}\n', 'c:\n- env:\n  - {name: A, value: b}\n  - {name: OTEL_SERVICE_NAME, value: shop}\n'],
    ['a list in one line', 'c: [{env: [{name: A, value: "b"}]}]', 'c: [{env: [{name: A, value: "b"}, {name: OTEL_SERVICE_NAME, value: "shop"}]}]'],
    ['an empty list', 'c:\n- env: []\n  image: x\n', 'c:\n- env: [{name: OTEL_SERVICE_NAME, value: "shop"}]\n  image: x\n'],
    ['a list without a value', 'c:\n- env: # none\n  image: x\n', 'c:\n- env: # none\n  - name: OTEL_SERVICE_NAME\n    value: shop\n  image: x\n'],
    [
      'a text block as the last value',
      'c:\n- env:\n  - name: A\n    value: |\n      x\n\n  image: x\n',
      'c:\n- env:\n  - name: A\n    value: |\n      x\n  - name: OTEL_SERVICE_NAME\n    value: "shop"\n\n  image: x\n',
    ],
    ['compact JSON', '{"c":[{"env":[{"name":"A","value":"b"}]}]}', '{"c":[{"env":[{"name":"A","value":"b"},{"name":"OTEL_SERVICE_NAME","value":"shop"}]}]}'],
    [
      'JSON over lines',
      '{\n\t"c": [\n\t\t{\n\t\t\t"env": [\n\t\t\t\t{\n\t\t\t\t\t"name": "A"\n\t\t\t\t}\n\t\t\t]\n\t\t}\n\t]\n}\n',
      '{\n\t"c": [\n\t\t{\n\t\t\t"env": [\n\t\t\t\t{\n\t\t\t\t\t"name": "A"\n\t\t\t\t},\n\t\t\t\t{\n\t\t\t\t\t"name": "OTEL_SERVICE_NAME",\n\t\t\t\t\t"value": "shop"\n\t\t\t\t}\n\t\t\t]\n\t\t}\n\t]\n}\n',
    ],
  ])('writes it as its neighbours in %s', (_, before, after) => {
    expect(edit(before, [added])).toBe(after);
  });

  it.each([
    [
      'block style',
      'c:\n  - image: x # it\n    name: app\n',
      'c:\n  - image: x # it\n    env:\n      - name: OTEL_SERVICE_NAME\n        value: shop\n    name: app\n',
    ],
    ["the file's own indentation", 'c:\n- name: app\n  image: x', 'c:\n- name: app\n  image: x\n  env:\n  - name: OTEL_SERVICE_NAME\n    value: shop'],
    ['one line', 'c: [{name: app, image: x}]\n', 'c: [{name: app, image: x, env: [{name: OTEL_SERVICE_NAME, value: "shop"}]}]\n'],
    ['JSON', '{"c":[{\n  "image": "x"\n}]}', '{"c":[{\n  "image": "x",\n  "env": [{"name": "OTEL_SERVICE_NAME", "value": "shop"}]\n}]}'],
  ])('makes a list that is not there, in %s', (_, before, after) => {
    expect(edit(before, [added])).toBe(after);
  });

  it('works beside the removal of the last member before it', () => {
    const gone: DocumentEdit = { kind: 'remove', path: ['c', 0, 'env', 0, 'value'] };

    expect(edit('c:\n- env:\n  - name: A\n    value: b # why', [gone, added])).toBe('c:\n- env:\n  - name: A\n  - name: OTEL_SERVICE_NAME\n    value: shop');
  });
});

describe('removing', () => {
  const gone = (...indices: readonly number[]): readonly DocumentEdit[] => indices.map((index) => ({ kind: 'remove', path: ['a', index] }));

  it.each([
    ['lines', 'a:\n  # one\n  - x # c\n  - "y"\n  - z\n', [0], 'a:\n  # one\n  - "y"\n  - z\n'],
    ['the last line', 'a:\n- x\n- >-\n  y\n  y\n# end', [1], 'a:\n- x\n# end'],
    ['the last line without a line break', 'a:\r\n- x\r\n- y', [1], 'a:\r\n- x'],
    ['neighbours in one line', 'a: [x, "y", z, w]', [1, 2], 'a: [x, w]'],
    ['the end of a list in one line', 'a: ["x", "y", "z"]', [1, 2], 'a: ["x"]'],
    ['the start of a list in one line', 'a: [x, y]', [0], 'a: [y]'],
    ['items on lines of their own', 'a: [\n  "x", # c\n  "y", # d\n  "z" # e\n]\n', [0, 2], 'a: [\n  "y", # d\n]\n'],
    ['JSON over lines', '{"a": [\n  "x",\n  "y",\n  "z"\n]}', [2], '{"a": [\n  "x",\n  "y"\n]}'],
  ])('takes %s', (_, before, indices, after) => {
    expect(edit(before, gone(...indices))).toBe(after);
  });

  it('lets the next member move up to the dash', () => {
    expect(edit('c:\n- args: [x]\n  # c\n  image: y\n', [{ kind: 'remove', path: ['c', 0, 'args'] }])).toBe('c:\n- # c\n  image: y\n');
    expect(edit('c:\n- args:\n  - x\n  image: y\n', [{ kind: 'remove', path: ['c', 0, 'args'] }])).toBe('c:\n- image: y\n');
  });

  it('gives a member another name and value', () => {
    const member: DocumentEdit = { kind: 'member', path: ['e', 0, 'from'], name: 'value', value: '-Xmx1g' };

    expect(edit('e:\n- name: A\n  from:\n    ref: x\n# end\n', [member])).toBe('e:\n- name: A\n  value: "-Xmx1g"\n# end\n');
  });
});

describe('refusing', () => {
  it.each([
    ['an alias', 'x: &i old\nc:\n- image: *i\n'],
    ['an anchor in use', 'c:\n- image: &i old\nx: *i\n'],
    ['an anchor in use around it', 'c:\n- &c\n  image: old\nx: *c\n'],
    ['a merge key', 'x: &x {image: old}\nc:\n- <<: *x\n'],
  ])('never edits what is shared: %s', (_, text) => {
    expect(refusals(text, [image])).toEqual(['shared']);
  });

  it('leaves out what does not hold, whole, and makes the rest', () => {
    const bad: readonly DocumentEdit[] = [image, { kind: 'text', path: ['c', 0, 'missing'], value: 'x' }];
    const [document] = readManifests('c:\n- image: old\nd: e\n', 'x.yaml');

    const { splices, refused } = document?.edit([bad, [{ kind: 'text', path: ['d'], value: 'f' }]]) ?? { splices: [], refused: [] };

    expect(refused).toEqual(['form', undefined]);
    expect(spliceText('c:\n- image: old\nd: e\n', splices)).toBe('c:\n- image: old\nd: f\n');
  });
});

describe('reading', () => {
  it('gives every document with its places in the whole text', () => {
    const documents = [...readManifests('# head\na: 1\n---\nb:\n  - c: 2\n...\n---\n# nothing\n', 'x.yaml')];

    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { b: [{ c: 2 }] }, null]);
    expect(documents[1]?.position(['b', 0, 'c'])).toEqual({ line: 5, column: 5 });
  });

  it.each([
    ['a key twice', 'a: 1\n---\nb: 1\nb: 2\n', 'x.yaml:4:1', 'twice'],
    ['a tab', 'a:\n\tb: 1\n', 'x.yaml:2:1', 'tab'],
    ['an open list', 'a: 1\n---\nb: [1\n', 'x.yaml:', ''],
    ['an alias of nothing', 'a: *b\n', 'x.yaml:1:4', '*b has no anchor'],
    ['an alias of itself', 'a: &a [*a]\n', 'x.yaml:1:8', 'contains itself'],
    ['deep nesting', `a: 1\n---\n${'['.repeat(100_000)}`, 'x.yaml:', 'nested too deep'],
    ['an unknown tag', 'a: !env B\n', 'x.yaml:1:4', '!env'],
  ])('refuses %s and says where', (_, text, target, message) => {
    expect(() => [...readManifests(text, 'x.yaml')]).toThrow(
      expect.objectContaining({ code: 'invalid-file', target: expect.stringContaining(target), message: expect.stringContaining(message) }),
    );
  });

  it('refuses one document that would take too much memory, and reads as much in many', () => {
    expect(() => [...readManifests(`a: [${'a,'.repeat(600_000)}]`, 'x.yaml')]).toThrow(/x\.yaml:1:1: is too large for one document/);
    expect([...readManifests('a: [b, c]\n---\n'.repeat(100), 'x.yaml')]).toHaveLength(101);
  });

  it('refuses texts that explode when their aliases are followed, and reads many plain ones', () => {
    const level = (name: string, of: string): string => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${of}`).join(', ')}]\n`;
    const bomb = `a: &a [x, x]\n${'bcdefghij'
      .split('')
      .map((name, index) => level(name, 'abcdefghij'.charAt(index)))
      .join('')}`;

    expect(() => [...readManifests(bomb, 'x.yaml')]).toThrow(/anchors too often/);
    expect([...readManifests(`a: &a {x: y}\nb:\n${'- *a\n'.repeat(500)}`, 'x.yaml')]).toHaveLength(1);
  });
});

describe('any text', () => {
  const word = fc.stringMatching(/^[-\w."'\\:#é]{1,8}$/);
  const value = fc.array(fc.tuple(word, fc.constantFrom(' ', ' ', '  ', '\n')), { minLength: 1, maxLength: 8 }).map((parts) => parts.flat().join('').trim());
  const style = fc.constantFrom<(text: string) => string>(
    (text) => JSON.stringify(text),
    (text) => `'${text.replaceAll("'", "''").replaceAll('\n', '\n\n      ')}'`,
    (text) => `|-\n${text.replaceAll(/^/gm, '      ')}`,
    (text) => `>-\n${text.replaceAll('\n', '\n\n').replaceAll(/^/gm, '      ')}`,
  );

  it('loses words in any style, and nothing else of the document', () => {
    fc.assert(
      fc.property(value, style, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (text, print, keep) => {
        const document = `# head\na:\n  - v: ${print(text)}\n    # behind\n    w: 1 # end\n`;
        const real = [...readManifests(document, 'x')][0]?.value as { a: [{ v: string }] };
        const fewer = real.a[0].v
          .split(/(?<=\s)/)
          .filter((_, index) => keep[index])
          .join('');

        const after = edit(document, [{ kind: 'text', path: ['a', 0, 'v'], value: fewer }]);

        expect(after.startsWith('# head\na:\n  - v:')).toBe(true);
        expect(after.endsWith('\n    # behind\n    w: 1 # end\n')).toBe(true);
      }),
    );
  });
});

/** The edited text; its meaning is compared with the edits here too. */
function edit(text: string, edits: readonly DocumentEdit[]): string {
  const [document] = readManifests(text, 'x.yaml');
  const { splices, refused } = document?.edit([edits]) ?? { splices: [], refused: ['form'] };
  expect(refused).toEqual([undefined]);
  const after = spliceText(text, splices);
  expect([...readManifests(after, 'x.yaml')][0]?.value).toEqual(applyDocumentEdits(document?.value ?? null, edits));
  return after;
}

function refusals(text: string, edits: readonly DocumentEdit[]): readonly (EditRefusal | undefined)[] {
  const [document] = readManifests(text, 'x.yaml');
  return document?.edit([edits]).refused ?? [];
}
