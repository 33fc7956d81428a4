/** What a SkyWalking agent says of the caller in an `sw8` header (Cross Process Propagation Headers Protocol v3). */
export interface Sw8Context {
  readonly traceId: string;
  readonly segmentId: string;
  /** Span of the caller, 0 or more. */
  readonly spanId: number;
  readonly service: string;
  readonly instance: string;
  readonly endpoint: string;
  /** Address the caller used for this service. */
  readonly peer: string;
}

const PARTS = 8;
const MAX_INT32 = 0x7fff_ffff;
/** Java's strict decoder: whole groups, then a last group whose padding may be missing but not wrong. */
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** Reads an `sw8` header; undefined whenever a SkyWalking agent would treat it as absent. Never throws. */
export function parseSw8(value: string): Sw8Context | undefined {
  // The first part, the sampling flag, is ignored by the agents. More than 8 parts leave a `-` in the last one, which is no Base64.
  const parts = value.split('-', PARTS + 1);
  if (parts.length !== PARTS) return undefined;
  const [, traceId, segmentId, span = '', service, instance, endpoint, peer] = parts;
  const spanId = /^\+?\d+$/.test(span) ? Number(span) : MAX_INT32 + 1;
  if (spanId > MAX_INT32) return undefined;
  const texts = [traceId, segmentId, service, instance, endpoint, peer].map(decode);
  const [t, s, v, i, e, p] = texts;
  if (!t || !s || !v || !i || !e || !p) return undefined;
  return { traceId: t, segmentId: s, spanId, service: v, instance: i, endpoint: e, peer: p };
}

/** '' for everything that is not Base64. */
function decode(text = ''): string {
  return base64.test(text) ? Buffer.from(text, 'base64').toString('utf8') : '';
}
