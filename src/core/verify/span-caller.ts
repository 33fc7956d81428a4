import { parseSw8 } from '../sw8/sw8-header.ts';
import type { JudgedSpan } from './judge-trace.ts';
import type { CanonicalName } from './service-names.ts';

/** Set by our extension on a span whose parent came in through an sw8 header. */
const PARENT_SERVICE = 'sw8.parent_service';
/** Where the extension does not run, the agent captures the header itself. */
const SW8_HEADER = 'http.request.header.sw8';

/** The SkyWalking service that a span's extension read as its caller. */
export function callerBySw8(span: JudgedSpan): string | undefined {
  return span.attributes[PARENT_SERVICE];
}

/**
 * Who called a span that carries an sw8 header and yet begins a trace: the agent did not understand the header, and the
 * chain broke there. Undefined for everything else, also where SkyWalking itself would ignore the header.
 */
export function callerOfFalseRoot(span: JudgedSpan): string | undefined {
  if (span.parentSpanId !== undefined || (span.kind !== 'server' && span.kind !== 'consumer')) return undefined;
  const headers = headerValues(span.attributes[SW8_HEADER]);
  return headers.map((header) => parseSw8(header)?.service).find((service) => service !== undefined);
}

/** Names, as headers wrote them, of callers none of whose spans the traces hold: whether they report to the store is to be asked. */
export function callersNotShown(traces: readonly (readonly JudgedSpan[])[], canonical: CanonicalName): readonly string[] {
  const spans = traces.flat();
  const shown = new Set(spans.map((span) => canonical(span.service)));
  return [...new Set(spans.flatMap((span) => callerBySw8(span) ?? []))].filter((caller) => !shown.has(canonical(caller)));
}

/** A captured header is a list; stores show it as the text of a JSON array, or as its only value. */
function headerValues(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  if (!text.startsWith('[')) return [text];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
  } catch {
    return [];
  }
}
