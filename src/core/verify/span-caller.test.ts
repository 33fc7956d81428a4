import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JudgedSpan } from './judge-trace.ts';
import { callerOfFalseRoot, callersNotShown } from './span-caller.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const sw8 = (service: string): string => `1-${base64('t.1.1')}-${base64('s.1.1')}-2-${[service, 'pod-1', '/orders', 'stock:8080'].map(base64).join('-')}`;

function span(service: string, given: Partial<JudgedSpan> = {}): JudgedSpan {
  return { traceId: 't', spanId: 's', service, kind: 'server', startMs: 0, durationMs: 1, resource: {}, attributes: {}, ...given };
}

describe('callerOfFalseRoot', () => {
  it.each([
    ['as text', sw8('orders|prod|')],
    ['as the text of a list', JSON.stringify([sw8('orders|prod|')])],
    ['as the one of a list that can be read', JSON.stringify(['', sw8('orders|prod|')])],
  ])('reads the caller from the header %s', (_, header) => {
    expect(callerOfFalseRoot(span('stock', { attributes: { 'http.request.header.sw8': header } }))).toBe('orders|prod|');
  });

  it.each([
    ['it has a parent', { parentSpanId: 'p', attributes: { 'http.request.header.sw8': sw8('orders') } }],
    ['it calls', { kind: 'client', attributes: { 'http.request.header.sw8': sw8('orders') } }],
    ['it carries no header', {}],
    ['SkyWalking was ignoring the request', { attributes: { 'http.request.header.sw8': '[""]' } }],
    ['the list is damaged', { attributes: { 'http.request.header.sw8': '["1-' } }],
  ])('finds no false root where %s', (_, given) => {
    expect(callerOfFalseRoot(span('stock', given))).toBeUndefined();
  });

  it('survives every header', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (header) => {
        callerOfFalseRoot(span('stock', { attributes: { 'http.request.header.sw8': header } }));
      }),
    );
  });
});

describe('callersNotShown', () => {
  it('names each caller once of which no span is at hand', () => {
    const called = (by: string): JudgedSpan => span('stock', { attributes: { 'sw8.parent_service': by } });

    const callers = callersNotShown([[called('orders|prod|'), called('orders|prod|')], [called('stock|prod|')]], (name) => name.split('|', 1)[0] ?? '');

    expect(callers).toEqual(['orders|prod|']);
  });
});
