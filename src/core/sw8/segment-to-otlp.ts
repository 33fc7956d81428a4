import { spanIdOf, spanIdsOf, traceIdOf } from './ids.ts';
import type { KeyValue, Segment, SegmentRef, SegmentSpan } from './segment.ts';

/** `ResourceSpans` in OTLP's JSON encoding (opentelemetry-proto, trace/v1): one service instance and its spans. */
export interface OtlpResourceSpans {
  readonly resource: { readonly attributes: readonly OtlpAttribute[] };
  readonly scopeSpans: readonly [{ readonly scope: { readonly name: string }; readonly spans: readonly OtlpSpan[] }];
}

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly events?: readonly { readonly timeUnixNano: string; readonly name: string; readonly attributes: readonly OtlpAttribute[] }[];
  readonly links?: readonly OtlpLink[];
  readonly status: { readonly code: number };
}

export interface OtlpLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: readonly OtlpAttribute[];
}

export interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue: string } | { readonly intValue: string };
}

const KIND = { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
const STATUS = { ok: 1, error: 2 } as const;
const ENTRY = 0;
const EXIT = 1;
const LOCAL = 2;
const MESSAGING = 4;
const CROSS_PROCESS = 0;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);
/** Most milliseconds that 64 bits of nanoseconds hold. */
const MAX_MS = 18_446_744_073_709;
/** Ids have about 56 characters. Each span repeats them: a long one would multiply. */
const MAX_ID = 200;
const layers = ['Unknown', 'Database', 'RPCFramework', 'Http', 'MQ', 'Cache', 'FAAS'];
const refTypes = ['CrossProcess', 'CrossThread'];

/** Tags the Collector's receiver renames (with `translator.skywalking.useStableSemconv`); all others keep their names. */
const renamed: ReadonlyMap<string, string> = new Map([
  ['url', 'url.full'],
  ['status_code', 'http.response.status_code'],
  ['db.type', 'db.system.name'],
  ['db.instance', 'db.namespace'],
  ['mq.broker', 'server.address'],
]);

/**
 * The spans of a segment as the Collector's `skywalking` receiver would make them (pkg/translator/skywalking), with the differences that every user
 * of it configures: the parts of `service|namespace|cluster` are told apart, and what belongs to a span stays with the span. Undefined when the
 * segment has no spans, or none with valid ids.
 */
export function segmentToOtlp(segment: Segment): OtlpResourceSpans | undefined {
  if (segment.traceId.length > MAX_ID || segment.segmentId.length > MAX_ID) return undefined;
  const traceId = traceIdOf(segment.traceId);
  if (traceId === NO_TRACE) return undefined;
  const idOf = spanIdsOf(segment.segmentId);
  const spans = segment.spans.map((span) => toSpan(segment, span, { traceId, idOf })).filter((span) => span.spanId !== NO_SPAN);
  if (spans.length === 0) return undefined;
  return { resource: { attributes: resourceOf(segment) }, scopeSpans: [{ scope: { name: 'skywalking' }, spans }] };
}

/** The service's own name, of `service|namespace|cluster`. */
export function serviceNameOf(service: string): string {
  return service.split('|', 1)[0] ?? '';
}

function resourceOf({ service, instance }: Segment): readonly OtlpAttribute[] {
  const [name = '', namespace = '', cluster = ''] = service.split('|');
  const attributes: OtlpAttribute[] = [];
  if (name !== '') attributes.push(text('service.name', name));
  if (namespace !== '') attributes.push(text('service.namespace', namespace));
  if (cluster !== '') attributes.push(text('k8s.cluster.name', cluster));
  if (instance !== '') attributes.push(text('service.instance.id', instance));
  return attributes;
}

interface Ids {
  readonly traceId: string;
  readonly idOf: (spanId: number) => string;
}

function toSpan(segment: Segment, span: SegmentSpan, { traceId, idOf }: Ids): OtlpSpan {
  const spanId = idOf(span.spanId);
  const { refs, logs } = span;
  const links = refs.map((ref) => toLink(ref, ref.traceId === segment.traceId ? traceId : traceIdOf(ref.traceId)));
  // Several refs (a batch of messages) have no one parent: they are links only. One ref is the parent and no link beside it, other than in the
  // Collector: Jaeger takes a link to the parent for the only reference, as FOLLOWS_FROM, and drops CHILD_OF (seen with 2.13).
  const parent = span.parentSpanId !== -1 ? idOf(span.parentSpanId) : links.length === 1 ? links[0]?.spanId : undefined;
  return {
    traceId,
    spanId,
    // Ids of some agents (browser, nginx, Envoy) give all spans of a segment one id: a span must not become its own parent.
    ...(parent === undefined || parent === NO_SPAN || parent === spanId ? {} : { parentSpanId: parent }),
    name: span.operation,
    kind: kindOf(span),
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: attributesOf(segment, span),
    ...(logs.length === 0
      ? {}
      : { events: logs.map((log) => ({ timeUnixNano: nanoseconds(log.timeMs), name: 'logs', attributes: withoutRepeats(log.data.map(plain)) })) }),
    ...(links.length === 0 || (links.length === 1 && span.parentSpanId === -1) ? {} : { links }),
    status: { code: span.isError ? STATUS.error : STATUS.ok },
  };
}

function kindOf({ type, layer }: SegmentSpan): number {
  if (type === ENTRY) return layer === MESSAGING ? KIND.consumer : KIND.server;
  if (type === EXIT) return layer === MESSAGING ? KIND.producer : KIND.client;
  return type === LOCAL ? KIND.internal : KIND.unspecified;
}

function attributesOf(segment: Segment, span: SegmentSpan): readonly OtlpAttribute[] {
  const attributes = span.tags.map(toAttribute);
  attributes.push(text('sw8.trace_id', segment.traceId), text('sw8.segment_id', segment.segmentId), int('sw8.span_id', span.spanId));
  if (span.parentSpanId !== -1) attributes.push(int('sw8.parent_span_id', span.parentSpanId));
  const [ref] = span.refs;
  if (ref?.type === CROSS_PROCESS && span.refs.length === 1) attributes.push(text('sw8.parent_service', ref.service));
  if (span.type === EXIT && span.peer !== '') pushPeer(attributes, span.peer);
  if (span.componentId !== 0) attributes.push(int('sw8.component_id', span.componentId));
  if (span.layer !== 0) attributes.push(text('sw8.layer', layers[span.layer] ?? String(span.layer)));
  return withoutRepeats(attributes);
}

function toAttribute({ key, value }: KeyValue): OtlpAttribute {
  if (key === 'status_code' && /^\d{1,9}$/.test(value)) return { key: 'http.response.status_code', value: { intValue: String(Number(value)) } };
  return text(renamed.get(key) ?? key, value);
}

/** `host:port` of the other side; a list of addresses (of a cluster) stays one text. */
function pushPeer(attributes: OtlpAttribute[], peer: string): void {
  const [, host = peer, port] = /^\[?([^,/\s]+?)\]?:(\d{1,5})$/.exec(peer) ?? [];
  attributes.push(text('server.address', host));
  if (port !== undefined) attributes.push(int('server.port', Number(port)));
}

/** OTLP wants each key once; the last value wins, as in the Collector. */
function withoutRepeats(attributes: readonly OtlpAttribute[]): readonly OtlpAttribute[] {
  const keys = new Set<string>();
  for (const { key } of attributes) keys.add(key);
  return keys.size === attributes.length ? attributes : [...new Map(attributes.map((attribute) => [attribute.key, attribute])).values()];
}

function toLink(ref: SegmentRef, traceId: string): OtlpLink {
  return {
    traceId,
    spanId: spanIdOf(ref.segmentId, ref.spanId),
    attributes: [
      text('parent.service', ref.service),
      text('parent.service.instance', ref.instance),
      text('parent.endpoint', ref.endpoint),
      text('network.AddressUsedAtPeer', ref.address),
      text('refType', refTypes[ref.type] ?? String(ref.type)),
      text('sw8.trace_id', ref.traceId),
      text('sw8.parent_segment_id', ref.segmentId),
      text('sw8.parent_span_id', String(ref.spanId)),
    ],
  };
}

function plain({ key, value }: KeyValue): OtlpAttribute {
  return text(key, value);
}

function text(key: string, value: string): OtlpAttribute {
  return { key, value: { stringValue: value } };
}

function int(key: string, value: number): OtlpAttribute {
  return { key, value: { intValue: String(value) } };
}

/** Milliseconds as OTLP's text of nanoseconds; what 64 bits cannot hold becomes the nearest they can. */
function nanoseconds(ms: number): string {
  return ms <= 0 ? '0' : `${Math.min(ms, MAX_MS)}000000`;
}
