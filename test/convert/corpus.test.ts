import { beforeAll, describe, expect, it } from 'vitest';
import { readManifests } from '../../src/adapters/yaml/edit-yaml.ts';
import type { ImageKnowledge } from '../../src/app/convert-images.ts';
import type { Conversion } from '../../src/app/convert-manifests.ts';
import type { Json } from '../../src/core/json.ts';
import { convertText, sampleImages } from './convert-text.ts';
import { manifest, type Manifest } from './corpus.ts';
import { lineDiff } from './line-diff.ts';
import type { Mode } from './services.ts';

const corpus = Array.from({ length: 200 }, (_, seed) => manifest(seed));
const modes: readonly Mode[] = ['registry', 'no-registry'];
const newName = /^registry\.example\.com\/shop\/(tomcat:1\.4|spring:2\.0)-otel-[0-9a-f]{8}@sha256:[0-9a-f]{64}$/;

describe('a corpus of 200 manifests as repositories hold them', () => {
  const converted = new Map<Mode, readonly { readonly from: Manifest; readonly to: Conversion & { readonly text: string } }[]>();
  let images: ImageKnowledge;

  beforeAll(async () => {
    images = await sampleImages();
    for (const mode of modes) converted.set(mode, await Promise.all(corpus.map(async (from) => ({ from, to: await convert(from, mode) }))));
  });

  it('is written in all styles, and means what it was made of', () => {
    for (const { text, file, documents } of corpus) expect(valuesOf(text, file)).toEqual(documents.before);
    expect(new Set(corpus.flatMap((each) => each.kinds)).size).toBe(10);
    for (const trait of [/\r\n/, /[^\n]$/, /^%YAML/, / # /, />-/, /\|/, /\{name: /, /^\{\n\t/, /kind: List/, /env: \[/, /command: \[/])
      expect(corpus.some(({ text }) => trait.test(text))).toBe(true);
  });

  it.each(modes)('becomes exactly what is meant: %s', (mode) => {
    for (const { from, to } of all(mode)) expect(withOldImages(valuesOf(to.text, from.file)), from.text).toEqual(from.documents.after[mode]);
  });

  it.each(modes)('changes no other line: %s', (mode) => {
    for (const { from, to } of all(mode).filter((each) => each.from.file.endsWith('.yaml'))) {
      const { removed, added } = lineDiff(from.text, to.text);

      expect(
        removed.filter((line) => !isMeant(line, added)),
        `${from.text}\n=>\n${to.text}`,
      ).toEqual([]);
      expect(
        added.filter((line) => !isOurs(line, removed)),
        `${from.text}\n=>\n${to.text}`,
      ).toEqual([]);
    }
  });

  it.each(modes)('is the same after a second conversion: %s', async (mode) => {
    for (const { from, to } of all(mode)) expect((await convert({ ...from, text: to.text }, mode)).text).toBe(to.text);
  });

  it('gets new images where it should, and names each one once', () => {
    for (const { from, to } of all('registry')) {
      expect(to.images.length > 0).toBe(from.samples.some((sample) => sample.rewritten));
      expect(to.images.map((image) => image.reference).filter((reference) => !newName.test(reference))).toEqual([]);
    }
    const byRewrite = all('registry').flatMap(({ to }) => to.images.filter((image) => image.byRewrite));
    // One for each old image, whatever way the manifests start the old agent: `image rewrite` makes them.
    expect(new Set(byRewrite.map((image) => image.reference)).size).toBe(2);
  });

  it('never names our jar in a pod', () => {
    for (const mode of modes) for (const { to } of all(mode)) expect(to.text).not.toContain('/changeover/');
  });

  async function convert(from: Pick<Manifest, 'text' | 'file'>, mode: Mode): ReturnType<typeof convertText> {
    return convertText(from.text, { file: from.file, ...(mode === 'registry' ? { images } : {}) });
  }

  function all(mode: Mode): NonNullable<ReturnType<typeof converted.get>> {
    return converted.get(mode) ?? [];
  }
});

function valuesOf(text: string, file: string): readonly Json[] {
  return [...readManifests(text, file)].map(({ value }) => value).filter((value) => value !== null);
}

/** The values with every new image by its old name. */
function withOldImages(values: readonly Json[]): unknown {
  return JSON.parse(JSON.stringify(values), (key, value: unknown) => {
    const old = key === 'image' && typeof value === 'string' ? newName.exec(value)?.[1] : undefined;
    return old === undefined ? value : `registry.example.com/shop/${old}`;
  });
}

/** A comment between the members of an item goes with the item. */
const oldWords = /-javaagent:|-Dskywalking\.|JAVA_TOOL_OPTIONS|^\s*(?:- )?image: |^\s+# about (?:name|value)\s*$|value: >-\s*$/;
const newWords = /OTEL_SERVICE_NAME|^\s*(?:- )?env:|-otel-[0-9a-f]{8}@/;
const serviceName = /^\s*value: ["']?(?:shop-)?(?:svc\d+-\d|app)(?:::v2)?["']?\s*$/;

/** A line that held something of the old agent, that goes on with the new setting, or whose text moved up to the dash before it. */
function isMeant(line: string, added: readonly string[]): boolean {
  return oldWords.test(line) || added.some((each) => bare(each) === bare(line) || (each.includes('OTEL_SERVICE_NAME') && isSubsequence(line.trim(), each)));
}

/** A line of the new settings, the new image, or an old line without some of its words. */
function isOurs(line: string, removed: readonly string[]): boolean {
  return newWords.test(line) || serviceName.test(line) || removed.some((each) => bare(each) === bare(line) || isSubsequence(line.trim(), each));
}

function bare(line: string): string {
  return line.replace(/^[\s-]*/, '').trimEnd();
}

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const character of whole) if (character === part[at]) at += 1;
  return at === part.length;
}
