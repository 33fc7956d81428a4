import { afterEach, describe, expect, it } from 'vitest';
import { encodeCollection, encodeSegment, ref, segment, span } from '../../../test/builders/segment.ts';
import type { SegmentMessage, SpanConverter } from '../../ports/tee.ts';
import { openConverter } from './open-converter.ts';

/** The thread of the program, but for a message that says what is to happen to it. */
const dying = script(`
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', (request) => {
    const text = request.kind === 'convert' ? Buffer.from(request.bytes).toString() : '';
    if (text === 'throw') throw new Error('a bug');
    if (text === 'exhaust') for (const held = []; ; ) held.push({ at: held.length });
    if (text === 'hang') for (;;);
    parentPort.postMessage(request.kind === 'convert' ? { body: Buffer.from(text), segments: 1, unreadable: 0, waiting: text === 'two' ? 1 : 0 } : { services: ['a'], edges: [] });
  });
`);
const real = new URL('../../main/tee-worker.ts', import.meta.url);

const opened: SpanConverter[] = [];

afterEach(async () => {
  for (const converter of opened.splice(0)) await converter.close();
});

describe('the converter', () => {
  it('makes one request of what it is given, and tells what it has seen once', async () => {
    const converter = open(real);
    const collection = encodeCollection([segment({ service: 'stock' }), segment({ service: 'users' })].map((each) => encodeSegment(each)));
    const orders = encodeSegment(segment({ service: 'orders', spans: [span({ refs: [ref()] })] }));

    const batch = await converter.convert([message(orders), message(collection, 'collection'), message(Buffer.from([0xff]))]);
    const seen = await converter.topology();

    expect(batch).toMatchObject({ segments: 3, unreadable: 1, waiting: 0 });
    expect(servicesOf(batch.body)).toEqual(['orders', 'stock', 'users']);
    expect([...seen.services].sort()).toEqual(['gateway', 'orders', 'stock', 'users']);
    expect(seen.edges).toEqual([{ from: 'gateway', to: 'orders', calls: 1 }]);
    expect(await converter.topology()).toEqual({ services: [], edges: [] });
  });

  it('keeps what does not fit for the next request', async () => {
    const converter = open(real);
    const large = encodeSegment(segment({ spans: [span({ tags: [{ key: 'x', value: 'y'.repeat(200_000) }] })] }));

    const first = await converter.convert([message(encodeCollection([large, large, large, large]), 'collection'), message(large)]);
    const second = await converter.convert([]);

    expect(first).toMatchObject({ segments: 3, waiting: 2 });
    expect(second).toMatchObject({ segments: 2, waiting: 0 });
  });

  it('leaves the bytes it is given as they are', async () => {
    const bytes = encodeSegment(segment());
    const before = Buffer.from(bytes);

    await open(real).convert([message(bytes)]);

    expect(bytes.equals(before)).toBe(true);
  });

  it.each(['throw', 'exhaust', 'hang'])('counts what a thread held that dies or hangs (%s), and goes on with another', async (how) => {
    const converter = open(dying, how === 'hang' ? 3_000 : undefined);

    const before = await converter.convert([message('two')]);
    const [lost, seen] = await Promise.all([converter.convert([message(how)]), converter.topology()]);
    const after = await converter.convert([message('fine')]);

    expect(before).toMatchObject({ segments: 1, waiting: 1 });
    expect(lost).toMatchObject({ segments: 0, unreadable: 2, waiting: 0 });
    expect(seen).toEqual({ services: [], edges: [] });
    expect(after).toMatchObject({ segments: 1, unreadable: 0 });
  });

  it('counts everything where its program is missing', async () => {
    const converter = open(new URL('missing.mjs', import.meta.url));

    expect(await converter.convert([message('a'), message('b')])).toMatchObject({ segments: 0, unreadable: 2 });
    expect(await converter.convert([message('c')])).toMatchObject({ segments: 0, unreadable: 1 });
  });
});

function open(program: URL, answerMs?: number): SpanConverter {
  const converter = openConverter(program, answerMs === undefined ? {} : { answerMs });
  opened.push(converter);
  return converter;
}

function script(text: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}

function message(content: string | Buffer, kind: SegmentMessage['kind'] = 'segment'): SegmentMessage {
  return { kind, bytes: Buffer.from(content) };
}

function servicesOf(body: Uint8Array): readonly string[] {
  const { resourceSpans } = JSON.parse(new TextDecoder().decode(body)) as {
    resourceSpans: { resource: { attributes: { key: string; value: { stringValue: string } }[] } }[];
  };
  return resourceSpans.map(({ resource }) => resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '');
}
