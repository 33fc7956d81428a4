import { describe, expect, it } from 'vitest';
import type { JudgedSpan } from '../verify/judge-trace.ts';
import { proofFromSpans } from './proof-from-spans.ts';

const pod = 'orders-5c9f8-x2x4z';
const started = 1_000_000;
const agent = { 'telemetry.sdk.name': 'opentelemetry', 'telemetry.distro.name': 'opentelemetry-java-instrumentation' };

describe('proofFromSpans', () => {
  it.each([
    ['the host name', { 'host.name': pod }],
    ["the Downward API's name", { 'k8s.pod.name': pod, 'host.name': 'node-1' }],
    ['an instance that holds it', { 'service.instance.id': `shop.${pod}.app` }],
  ])('takes a span for proof that names the pod by %s', (_what, resource) => {
    expect(prove([span({ ...agent, ...resource })])).toEqual({ kind: 'target', line: '' });
  });

  it('knows an agent of another distribution by its SDK, and one without SDK name by its distribution', () => {
    expect(prove([span({ 'telemetry.sdk.name': 'opentelemetry', 'host.name': pod })]).kind).toBe('target');
    expect(prove([span({ 'telemetry.distro.name': 'example-java', 'host.name': pod })]).kind).toBe('target');
  });

  it.each([
    ['another pod', span({ ...agent, 'host.name': 'orders-5c9f8-aaaaa' })],
    ['a pod whose name begins the same', span({ ...agent, 'service.instance.id': `${pod}-2` })],
    ['before the container started', span({ ...agent, 'host.name': pod }, { startMs: started - 1 })],
    ["SkyWalking's agent, through a tee", span({ 'service.instance.id': `0f@${pod}` })],
    ["SkyWalking's agent, in a store whose collector names every sender", span({ ...agent, 'host.name': pod }, { attributes: { 'sw8.segment_id': 'a.1.1' } })],
  ])('takes no span for proof that is of %s', (_what, other) => {
    expect(prove([other])).toMatchObject({ kind: 'none' });
  });

  it('counts a span whose caller still runs SkyWalking', () => {
    expect(prove([span({ ...agent, 'host.name': pod }, { attributes: { 'sw8.trace_id': 'a.1.1', 'sw8.parent_service': 'cart' } })]).kind).toBe('target');
  });

  it('is expired a minute after the start, by the time the store was asked', () => {
    expect(proofFromSpans({ at: started + 60_000, spans: [] }, pod, started)).toEqual({ kind: 'none', expired: false, askedAt: started + 60_000 });
    expect(proofFromSpans({ at: started + 60_001, spans: [], detail: 'down' }, pod, started)).toMatchObject({ expired: true, detail: 'down' });
    expect(proofFromSpans(undefined, pod, started)).toEqual({ kind: 'none', expired: false });
    expect(proofFromSpans({ at: started + 90_000, spans: [] }, pod, undefined)).toEqual({ kind: 'none', expired: false });
  });
});

function prove(spans: readonly JudgedSpan[]): ReturnType<typeof proofFromSpans> {
  return proofFromSpans({ at: started + 5_000, spans }, pod, started);
}

function span(resource: JudgedSpan['resource'], given: Partial<JudgedSpan> = {}): JudgedSpan {
  return { traceId: 't', spanId: 's', service: 'orders', kind: 'server', startMs: started + 1_000, durationMs: 1, attributes: {}, resource, ...given };
}
