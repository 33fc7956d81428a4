import { describe, expect, it } from 'vitest';
import { ref, segment, span } from '../../../test/builders/segment.ts';
import type { Segment, SegmentSpan } from './segment.ts';
import { segmentToOtlp, type OtlpAttribute, type OtlpSpan } from './segment-to-otlp.ts';

describe('a segment as OTLP', () => {
  it('has the ids and the parent that join it to its caller, and no link beside that: Jaeger would keep the link alone', () => {
    const value = segment({ spans: [span({ refs: [ref()] })] });

    const only = spanOf(value);

    expect(only).toMatchObject({
      traceId: '0261b37e53464a3c7c229ea4224adfae',
      parentSpanId: '7d432dda710c9592',
      kind: 2,
      startTimeUnixNano: '1795431311134000000',
      endTimeUnixNano: '1795431311200000000',
      status: { code: 1 },
    });
    expect(only.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(only).not.toHaveProperty('links');
  });

  it('joins a span of OpenTelemetry whose bridge wrote the header', () => {
    const crafted = ref({ traceId: '0af7651916cd43dd8448eb211c80319c', segmentId: 'b7ad6b71692033310000000000000000', spanId: 0 });

    const only = spanOf(segment({ traceId: '0af7651916cd43dd8448eb211c80319c', spans: [span({ refs: [crafted] })] }));

    expect(only).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', parentSpanId: 'b7ad6b7169203331' });
  });

  it('has children below the first span, and no parent for a first span without a ref', () => {
    const spans = spansOf(segment({ spans: [span({ spanId: 1, parentSpanId: 0 }), span()] }));

    expect(spans[0]?.parentSpanId).toBe(spans[1]?.spanId);
    expect(spans[1]).not.toHaveProperty('parentSpanId');
  });

  it('has links and no parent where several messages caused it', () => {
    const only = spanOf(segment({ spans: [span({ refs: [ref(), ref({ spanId: 3 })] })] }));

    expect(only).not.toHaveProperty('parentSpanId');
    expect(only.links?.map((link) => link.spanId)).toEqual(['7d432dda710c9592', '7c432dda710c9592']);
    expect(only.links?.[0]).toMatchObject({ traceId: '0261b37e53464a3c7c229ea4224adfae' });
    expect(plain(only.links?.[0]?.attributes ?? [])).toEqual({
      'parent.service': 'gateway',
      'parent.service.instance': 'gateway@1',
      'parent.endpoint': 'GET:/',
      'network.AddressUsedAtPeer': 'orders:8080',
      refType: 'CrossProcess',
      'sw8.trace_id': '0261b37e52464a3c9f21aee37883e0ae.1.17954313111340003',
      'sw8.parent_segment_id': '0261b37e52464a3c9f21aee37883e0ae.1.17954313111340002',
      'sw8.parent_span_id': '2',
    });
    expect(plain(only.attributes)).not.toHaveProperty('sw8.parent_service');
  });

  it('keeps the link where the ref is not the parent', () => {
    const [, inner] = spansOf(segment({ spans: [span(), span({ spanId: 1, parentSpanId: 0, refs: [ref()] })] }));

    expect(inner?.parentSpanId).not.toBe('7d432dda710c9592');
    expect(inner?.links?.map((link) => link.spanId)).toEqual(['7d432dda710c9592']);
  });

  it('says which service called over the network, not which thread', () => {
    const called = spanOf(segment({ spans: [span({ refs: [ref()] })] }));
    const async = spanOf(segment({ spans: [span({ refs: [ref({ type: 1 })] })] }));

    expect(plain(called.attributes)).toMatchObject({ 'sw8.parent_service': 'gateway' });
    expect(plain(async.attributes)).not.toHaveProperty('sw8.parent_service');
  });

  it('keeps the one id of a hyphenated segment, without making a span its own parent', () => {
    const [first, second] = spansOf(segment({ segmentId: 'de5980b8-fce3-4a37-aab9-b4ac3af7eedd', spans: [span(), span({ spanId: 1, parentSpanId: 0 })] }));

    expect(first?.spanId).toBe('de5980b800000000');
    expect(second?.spanId).toBe('de5980b800000000');
    expect(second).not.toHaveProperty('parentSpanId');
  });

  it.each([
    ['no spans', segment({ spans: [] })],
    ['a trace id that is none', segment({ traceId: 'N/A' })],
    ['an id that would multiply in its spans', segment({ traceId: `${'a'.repeat(32)}.1.${'0'.repeat(200)}1` })],
    ['a segment id that is none', segment({ segmentId: `${'a'.repeat(32)}.5` })],
  ])('is nothing with %s', (_, value) => {
    expect(segmentToOtlp(value)).toBeUndefined();
  });

  it('tells service, namespace and cluster apart', () => {
    const of = (service: string): Record<string, unknown> => plain(segmentToOtlp(segment({ service }))?.resource.attributes ?? []);

    expect(of('orders|shop|east')).toEqual({
      'service.name': 'orders',
      'service.namespace': 'shop',
      'k8s.cluster.name': 'east',
      'service.instance.id': 'orders@1',
    });
    expect(of('orders||east')).toEqual({ 'service.name': 'orders', 'k8s.cluster.name': 'east', 'service.instance.id': 'orders@1' });
    expect(of('orders')).toEqual({ 'service.name': 'orders', 'service.instance.id': 'orders@1' });
  });

  it('renames the tags that have a current name and keeps all others', () => {
    const tags = { url: 'http://a/', status_code: '503', 'db.type': 'sql', 'db.instance': 'shop', 'mq.broker': 'b:9', 'http.method': 'GET', '': 'x' };

    const { attributes } = spanOf(segment({ spans: [span({ tags: Object.entries(tags).map(([key, value]) => ({ key, value })) })] }));

    expect(plain(attributes)).toEqual({
      'url.full': 'http://a/',
      'http.response.status_code': '503',
      'db.system.name': 'sql',
      'db.namespace': 'shop',
      'server.address': 'b:9',
      'http.method': 'GET',
      '': 'x',
      'sw8.trace_id': '0261b37e52464a3c9f21aee37883e0ae.1.17954313111340003',
      'sw8.segment_id': '5f0dd3a0d1b94c3a8e7d2b6b3a1c9f10.44.17954313111340005',
      'sw8.span_id': '0',
      'sw8.component_id': '1',
      'sw8.layer': 'Http',
    });
    expect(attributes.find(({ key }) => key === 'http.response.status_code')?.value).toEqual({ intValue: '503' });
  });

  it('has each attribute once, with the last value', () => {
    const tags = ['a', 'b'].map((value) => ({ key: 'x', value }));
    const only = spanOf(segment({ spans: [span({ tags, logs: [{ timeMs: 1, data: tags }] })] }));

    const repeated = [only.attributes, only.events?.[0]?.attributes ?? []].map((each) => each.filter(({ key }) => key === 'x'));

    expect(repeated).toEqual([[{ key: 'x', value: { stringValue: 'b' } }], [{ key: 'x', value: { stringValue: 'b' } }]]);
  });

  it.each([
    ['stock:8080', { 'server.address': 'stock', 'server.port': '8080' }],
    ['[::1]:8080', { 'server.address': '::1', 'server.port': '8080' }],
    ['stock', { 'server.address': 'stock' }],
    ['k1:9092,k2:9092', { 'server.address': 'k1:9092,k2:9092' }],
  ])('says of an exit span that it called %s', (peer, expected) => {
    const { attributes } = spanOf(segment({ spans: [span({ type: 1, peer })] }));

    expect(Object.fromEntries(Object.entries(plain(attributes)).filter(([key]) => key.startsWith('server.')))).toEqual(expected);
  });

  it.each([
    ['entry', { type: 0, layer: 3 }, 2],
    ['exit', { type: 1, layer: 3 }, 3],
    ['local', { type: 2, layer: 0 }, 1],
    ['receiving', { type: 0, layer: 4 }, 5],
    ['sending', { type: 1, layer: 4 }, 4],
    ['unknown', { type: 9, layer: 0 }, 0],
  ])('is of the kind of its span: %s', (_, parts: Partial<SegmentSpan>, kind) => {
    expect(spanOf(segment({ spans: [span(parts)] })).kind).toBe(kind);
  });

  it('carries errors, and logs as events', () => {
    const logs = [{ timeMs: 1_795_431_311_199, data: [{ key: 'event', value: 'error' }] }];

    const only = spanOf(segment({ spans: [span({ isError: true, logs })] }));

    expect(only.status).toEqual({ code: 2 });
    expect(only.events).toEqual([{ timeUnixNano: '1795431311199000000', name: 'logs', attributes: [{ key: 'event', value: { stringValue: 'error' } }] }]);
  });

  it('never says a time that 64 bits of nanoseconds cannot hold', () => {
    const only = spanOf(segment({ spans: [span({ startMs: -5, endMs: 2 ** 60 })] }));

    expect(only).toMatchObject({ startTimeUnixNano: '0', endTimeUnixNano: '18446744073709000000' });
  });
});

function spansOf(value: Segment): readonly OtlpSpan[] {
  return segmentToOtlp(value)?.scopeSpans[0].spans ?? [];
}

function spanOf(value: Segment): OtlpSpan {
  const spans = spansOf(value);
  if (spans[0] === undefined || spans.length > 1) throw new Error(`${spans.length} spans`);
  return spans[0];
}

function plain(attributes: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
