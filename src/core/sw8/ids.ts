/**
 * SkyWalking's ids as the OpenTelemetry Collector's `skywalking` receiver maps them (pkg/translator/skywalking: swTraceIDToTraceID,
 * segmentIDToSpanID, swStringToUUID, uuidTo8Bytes). Equal ids are what joins spans of both agents in one trace, so every edge is theirs too:
 * lengths count bytes, numbers are Go's `Atoi`, and what cannot be read becomes the zero id. Nothing here throws.
 */

const ZERO_TRACE_ID = '0'.repeat(32);
const ZERO_SPAN_ID = '0'.repeat(16);
/** Bytes of a UUID with hyphens: a trace id up to this length is read as one. */
const UUID_LENGTH = 36;
const UUID_HEX = 32;
const hyphenatedUuid = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i;
const plainUuid = /^[0-9a-f]{32}$/i;
/** What Go's `strconv.Atoi` accepts in base 10, before its range check. */
const decimal = /^[+-]?\d+$/;
const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/** F: the OpenTelemetry trace id (32 lower-case hex digits) of a SkyWalking trace id; all zeros where it has none. */
export function traceIdOf(traceId: string): string {
  const id = asBytes(traceId);
  if (id.length <= UUID_LENGTH) return plainUuid.test(id) ? id.toLowerCase() : (hyphenatedUuid.exec(id)?.slice(1).join('').toLowerCase() ?? ZERO_TRACE_ID);
  return wordsOf(id).map(hexOf).join('');
}

/** G: the OpenTelemetry span id (16 lower-case hex digits) of a span of a SkyWalking segment; all zeros where it has none. */
export function spanIdOf(segmentId: string, spanId: number | bigint): string {
  return spanIdsOf(segmentId)(spanId);
}

/** G for many spans of one segment: the segment id is read once. */
export function spanIdsOf(segmentId: string): (spanId: number | bigint) => string {
  const id = asBytes(segmentId);
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = wordsOf(id);
  const low = hexOf(w1 ^ w3);
  // The span's number goes in only once the first 32 digits were readable, and is lost with everything else when a part after them is not.
  if (!plainUuid.test(id.slice(0, UUID_HEX)) || (id.length > UUID_HEX && numbersOf(id) === undefined)) {
    const fixed = id.length < UUID_HEX ? ZERO_SPAN_ID : hexOf(w0 ^ w2) + low;
    return () => fixed;
  }
  return (spanId) => hexOf(w0 ^ w2 ^ swap32(Number(BigInt.asUintN(32, BigInt(spanId))))) + low;
}

/** The four big-endian words of swStringToUUID with 0 for the extra number. */
function wordsOf(id: string): readonly number[] {
  if (id.length < UUID_HEX) return [0, 0, 0, 0];
  const digits = /^(?:[0-9a-f]{2})*/i.exec(id.slice(0, UUID_HEX))?.[0] ?? '';
  const padded = digits.padEnd(UUID_HEX, '0');
  const words = [0, 8, 16, 24].map((at) => Number.parseInt(padded.slice(at, at + 8), 16));
  if (digits.length < UUID_HEX || id.length === UUID_HEX) return words;
  const numbers = numbersOf(id);
  if (numbers === undefined) return [0, 0, 0, 0];
  const { thread, sequence } = numbers;
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = words;
  return [w0, w1 ^ low32(thread), w2 ^ low32(sequence), w3 ^ low32(sequence >> 32n)];
}

/** The numbers after the 32 digits: `.<thread>.<sequence>`. Undefined unless there are two dots, the first right behind the digits. */
function numbersOf(id: string): { readonly thread: bigint; readonly sequence: bigint } | undefined {
  const last = id.lastIndexOf('.');
  if (id.indexOf('.') !== UUID_HEX || last === UUID_HEX) return undefined;
  const thread = atoi(id.slice(UUID_HEX + 1, last));
  const sequence = atoi(id.slice(last + 1));
  return thread === undefined || sequence === undefined ? undefined : { thread, sequence };
}

function atoi(text: string): bigint | undefined {
  // No 64-bit number has more than 20 characters without its leading zeros; reading a longer one would only cost time.
  if (!decimal.test(text) || text.replace(/^([+-]?)0+(?=\d)/, '$1').length > 20) return undefined;
  const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text.replace('+', ''));
  return value < MIN_INT64 || value > MAX_INT64 ? undefined : value;
}

/** The low 32 bits, little-endian, as one big-endian word. */
function low32(value: bigint): number {
  return swap32(Number(BigInt.asUintN(32, value)));
}

function swap32(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

function hexOf(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

/** One character per UTF-8 byte, as Go counts. */
function asBytes(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the range is ASCII, which is all but every id
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}
