import { describe, expect, it } from 'vitest';
import { encodeCollection, encodeSegment, segment, span } from '../../test/builders/segment.ts';
import { VirtualClock } from '../adapters/simulated/virtual-clock.ts';
import { systemClock } from '../adapters/system-clock.ts';
import type { Clock } from '../ports/clock.ts';
import type { SegmentMessage, SendResult } from '../ports/tee.ts';
import { createConversion } from './convert-segments.ts';
import { exportSpans, type SpanExport } from './export-spans.ts';
import { createSegmentBuffer, type SegmentBuffer } from './segment-buffer.ts';

describe('the export', () => {
  it('sends what waits, together, as OTLP', async () => {
    const { buffer, spans, bodies } = setUp(() => ({ kind: 'accepted', rejectedSpans: 2 }));
    put(buffer, encodeSegment(segment({ service: 'orders' })));
    put(buffer, encodeCollection([encodeSegment(segment({ service: 'stock' })), encodeSegment(segment({ service: 'users' }))]), 'collection');

    await spans.finish(1_000);

    expect(bodies.map((body) => servicesOf(body))).toEqual([['orders', 'stock', 'users']]);
    expect(spans.status()).toMatchObject({ sent: 3, rejectedSpans: 2, collector: { state: 'up' } });
  });

  it('splits what is too much for one request, also within one message', async () => {
    const { buffer, spans, bodies } = setUp(() => ({ kind: 'accepted', rejectedSpans: 0 }), { clock: systemClock, maxBytes: 16 * 1024 * 1024 });
    const tags = [{ key: 'x', value: 'y'.repeat(100_000) }];
    put(buffer, encodeCollection(Array.from({ length: 60 }, () => encodeSegment(segment({ spans: [span({ tags })] })))), 'collection');

    await spans.finish(10_000);

    expect(spans.status().sent).toBe(60);
    expect(Math.max(...bodies.map((body) => body.length))).toBeLessThan(1.2 * 1024 * 1024);
  });

  it('counts what cannot be read and sends the rest', async () => {
    const { buffer, spans } = setUp(() => ({ kind: 'accepted', rejectedSpans: 0 }), { clock: systemClock });
    put(buffer, Buffer.from([0xff]));
    put(buffer, Buffer.from([0xff]), 'collection');
    put(buffer, encodeSegment(segment({ spans: [] })));
    put(buffer, encodeSegment(segment()));

    await spans.finish(1_000);

    expect(spans.status()).toMatchObject({ unreadable: 3, sent: 1 });
  });

  it('tries again with growing pauses, or those it is asked for, until the collector is back', async () => {
    const answers: SendResult[] = [
      { kind: 'retry', problem: 'ECONNREFUSED' },
      { kind: 'retry', problem: 'answers 503' },
      { kind: 'retry', problem: 'answers 429', retryAfterMs: 20_000 },
      { kind: 'accepted', rejectedSpans: 0 },
    ];
    const { buffer, spans, clock } = setUp(() => answers.shift() ?? { kind: 'refused', problem: 'no more answers' });
    put(buffer, encodeSegment(segment()));
    await until(clock, () => spans.status().sent === 1);

    expect(answers).toEqual([]);
    expect(clock.now()).toBeGreaterThan(20_000);
    expect(clock.now()).toBeLessThan(23_000);
    await spans.finish(0);
  });

  it('gives a batch up after a minute and says what is wrong', async () => {
    const { buffer, spans, clock, bodies } = setUp(() => ({ kind: 'retry', problem: 'ECONNREFUSED' }));
    put(buffer, encodeSegment(segment()));

    await until(clock, () => spans.status().undelivered === 1);

    expect(clock.now()).toBeLessThan(61_000);
    expect(bodies.length).toBeGreaterThan(10);
    expect(bodies.length).toBeLessThan(40);
    expect(spans.status()).toMatchObject({ sent: 0, collector: { state: 'down', problem: 'ECONNREFUSED' } });
    await spans.finish(0);
  });

  it('does not repeat what is refused', async () => {
    const { buffer, spans, bodies } = setUp(() => ({ kind: 'refused', problem: 'answers 401' }));
    put(buffer, encodeSegment(segment()));

    await spans.finish(1_000);

    expect(bodies).toHaveLength(1);
    expect(spans.status()).toMatchObject({ refused: 1, collector: { state: 'down', problem: 'answers 401' } });
  });

  it('has at most four requests in flight, and lets the buffer drop meanwhile', async () => {
    const never = new Promise<SendResult>(() => undefined);
    const { buffer, clock, bodies } = setUp(() => never);
    for (let count = 0; count < 1_000; count += 1) put(buffer, encodeSegment(segment()));
    await until(clock, () => bodies.length === 4);

    for (let count = 0; count < 5_000; count += 1) put(buffer, encodeSegment(segment()));
    for (let second = 0; second < 100; second += 1) await clock.sleep(1_000);

    expect(bodies).toHaveLength(4);
    expect(buffer.status().bytes).toBeLessThanOrEqual(1024 * 1024);
    expect(buffer.status().bufferFull).toBeGreaterThan(0);
  });

  it('gives up at the end after the time it has, and counts what was left', async () => {
    const { buffer, spans, clock } = setUp(() => ({ kind: 'retry', problem: 'ECONNREFUSED' }));
    for (let count = 0; count < 5_000; count += 1) put(buffer, encodeSegment(segment()));
    const { bufferFull } = buffer.status();

    await spans.finish(10_000);

    expect(clock.now()).toBeLessThan(11_000);
    expect(spans.status().undelivered).toBe(5_000 - bufferFull);
    expect(buffer.status().messages).toBe(0);
  });
});

interface SetUp {
  readonly buffer: SegmentBuffer;
  readonly spans: SpanExport;
  readonly clock: Clock;
  readonly bodies: string[];
}

function setUp(
  answer: () => SendResult | Promise<SendResult>,
  { clock = new VirtualClock(0), maxBytes = 1024 * 1024 }: { readonly clock?: Clock; readonly maxBytes?: number } = {},
): SetUp {
  const buffer = createSegmentBuffer(maxBytes);
  const bodies: string[] = [];
  const send = async (body: Uint8Array): Promise<SendResult> => {
    bodies.push(new TextDecoder().decode(body));
    return answer();
  };
  const conversion = createConversion();
  const converter = { convert: async (messages: readonly SegmentMessage[]) => conversion.convert(messages) };
  return { buffer, clock, bodies, spans: exportSpans({ buffer, converter, sink: { send }, clock }) };
}

async function until(clock: Clock, done: () => boolean): Promise<void> {
  while (!done()) await clock.sleep(50);
}

function put(buffer: SegmentBuffer, bytes: Buffer, kind: SegmentMessage['kind'] = 'segment'): void {
  if (buffer.reserve(bytes.length)) buffer.add({ kind, bytes });
}

function servicesOf(body: string): readonly string[] {
  const { resourceSpans } = JSON.parse(body) as { resourceSpans: { resource: { attributes: { key: string; value: { stringValue: string } }[] } }[] };
  return resourceSpans.map(({ resource }) => resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '');
}
