package dev.changeover.bridge.sw8;

import java.nio.charset.StandardCharsets;

/**
 * SkyWalking's ids as the OpenTelemetry Collector's {@code skywalking} receiver maps them (pkg/translator/skywalking:
 * swTraceIDToTraceID, segmentIDToSpanID, swStringToUUID, uuidTo8Bytes). Equal ids are what joins the spans of both agents in one
 * trace, so every edge is theirs too: lengths count UTF-8 bytes, numbers are Go's {@code Atoi}, and what cannot be read becomes the
 * zero id. Nothing here throws.
 */
public final class SkyWalkingIds {
  public static final String ZERO_TRACE_ID = "00000000000000000000000000000000";
  public static final String ZERO_SPAN_ID = "0000000000000000";
  private static final int HEX_LENGTH = 32;
  /** A trace id up to this length, a UUID with hyphens, is read as a UUID. */
  private static final int UUID_LENGTH = 36;
  private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private SkyWalkingIds() {}

  /** F: the OpenTelemetry trace id (32 lower-case hex digits) of a SkyWalking trace id; all zeros where it has none. */
  public static String traceIdOf(String traceId) {
    String id = onePerByte(traceId);
    long[] words = id.length() <= UUID_LENGTH ? uuid(id) : words(id, 0);
    byte[] out = new byte[HEX_LENGTH];
    writeHex(words[0], out, 0);
    writeHex(words[1], out, HEX_LENGTH / 2);
    return new String(out, StandardCharsets.ISO_8859_1);
  }

  /** G: the OpenTelemetry span id (16 lower-case hex digits) of a span of a SkyWalking segment; all zeros where it has none. */
  public static String spanIdOf(String segmentId, int span) {
    long[] words = words(onePerByte(segmentId), span);
    byte[] out = new byte[HEX_LENGTH / 2];
    writeHex(words[0] ^ words[1], out, 0);
    return new String(out, StandardCharsets.ISO_8859_1);
  }

  /** The segment id whose span 0 has this OpenTelemetry span id: {@code spanIdOf(segmentIdOf(s), 0)} is {@code s}. */
  static String segmentIdOf(String spanId) {
    return spanId.concat(ZERO_SPAN_ID);
  }

  /** Whether the bridge of an OpenTelemetry hop made this segment id, and not a SkyWalking agent. */
  static boolean isCrafted(String segmentId) {
    return segmentId.length() == HEX_LENGTH && segmentId.endsWith(ZERO_SPAN_ID);
  }

  /** swStringToUUID: two big-endian words. */
  private static long[] words(String id, int extra) {
    long[] words = new long[2];
    if (id.length() < HEX_LENGTH || !readHex(id, words)) return words;
    words[0] ^= (long) Integer.reverseBytes(extra) << 32;
    return id.length() == HEX_LENGTH ? words : addNumbers(id, words);
  }

  /** The part behind the digits, {@code .<thread>.<sequence>}. With one dot the receiver would panic: zero here. */
  private static long[] addNumbers(String id, long[] words) {
    int last = id.lastIndexOf('.');
    if (id.indexOf('.') != HEX_LENGTH || last == HEX_LENGTH) return new long[2];
    try {
      long thread = parseLong(id, HEX_LENGTH + 1, last);
      long sequence = parseLong(id, last + 1, id.length());
      words[0] ^= Integer.reverseBytes((int) thread) & 0xffff_ffffL;
      words[1] ^= Long.reverseBytes(sequence);
      return words;
    } catch (NumberFormatException notDecimal) {
      return new long[2];
    }
  }

  /** {@code Long.parseLong} of a part, without making the part: it is read for every request. */
  private static long parseLong(String id, int from, int to) {
    boolean negative = from < to && id.charAt(from) == '-';
    int start = negative || (from < to && id.charAt(from) == '+') ? from + 1 : from;
    if (start >= to) throw new NumberFormatException();
    // Below zero there is room for one more.
    long value = 0;
    for (int at = start; at < to; at++) {
      int digit = id.charAt(at) - '0';
      boolean fits = digit >= 0 && digit <= 9 && (value > Long.MIN_VALUE / 10 || (value == Long.MIN_VALUE / 10 && digit <= 8));
      if (!fits) throw new NumberFormatException();
      value = value * 10 - digit;
    }
    if (!negative && value == Long.MIN_VALUE) throw new NumberFormatException();
    return negative ? value : -value;
  }

  /** Go's {@code uuid.Parse} for up to 36 bytes: 32 digits, or the same with hyphens at the usual places. */
  private static long[] uuid(String id) {
    long[] words = new long[2];
    boolean hyphenated = id.length() == UUID_LENGTH && id.charAt(8) == '-' && id.charAt(13) == '-' && id.charAt(18) == '-' && id.charAt(23) == '-';
    String digits = hyphenated ? id.replace("-", "") : id;
    return digits.length() == HEX_LENGTH && readHex(digits, words) ? words : new long[2];
  }

  /** Reads 32 digits; at a bad one it stops, says false, and the whole bytes before it stay. */
  private static boolean readHex(String id, long[] words) {
    for (int at = 0; at < HEX_LENGTH; at += 2) {
      int high = digit(id.charAt(at));
      int low = digit(id.charAt(at + 1));
      if (high < 0 || low < 0) return false;
      words[at / 16] |= (long) (high << 4 | low) << (56 - at % 16 * 4);
    }
    return true;
  }

  /** {@code Character.digit} in base 16 for what is one byte; -1 for no digit. */
  private static int digit(char mark) {
    int digit = mark - '0';
    int letter = (mark | 0x20) - 'a';
    if (digit >= 0 && digit <= 9) return digit;
    return letter >= 0 && letter <= 5 ? letter + 10 : -1;
  }

  private static void writeHex(long word, byte[] out, int from) {
    for (int at = 0; at < 16; at++) out[from + at] = DIGITS[(int) (word >>> (60 - 4 * at)) & 0xf];
  }

  /** One character per UTF-8 byte, as Go counts. Nearly every id is ASCII, and itself. */
  static String onePerByte(String text) {
    for (int at = 0; at < text.length(); at++) {
      if (text.charAt(at) > 0x7f) return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
    return text;
  }
}
