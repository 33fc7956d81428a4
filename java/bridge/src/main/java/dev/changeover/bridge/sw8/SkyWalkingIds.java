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
  private static final char[] DIGITS = "0123456789abcdef".toCharArray();

  private SkyWalkingIds() {}

  /** F: the OpenTelemetry trace id (32 lower-case hex digits) of a SkyWalking trace id; all zeros where it has none. */
  public static String traceIdOf(String traceId) {
    String id = onePerByte(traceId);
    long[] words = id.length() <= UUID_LENGTH ? uuid(id) : words(id, 0);
    return hex(words[0], hex(words[1], ""));
  }

  /** G: the OpenTelemetry span id (16 lower-case hex digits) of a span of a SkyWalking segment; all zeros where it has none. */
  public static String spanIdOf(String segmentId, int span) {
    long[] words = words(onePerByte(segmentId), span);
    return hex(words[0] ^ words[1], "");
  }

  /** The segment id whose span 0 has this OpenTelemetry span id: {@code spanIdOf(segmentIdOf(s), 0)} is {@code s}. */
  static String segmentIdOf(String spanId) {
    return spanId + ZERO_SPAN_ID;
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
      long thread = Long.parseLong(id.substring(HEX_LENGTH + 1, last));
      long sequence = Long.parseLong(id.substring(last + 1));
      words[0] ^= Integer.reverseBytes((int) thread) & 0xffff_ffffL;
      words[1] ^= Long.reverseBytes(sequence);
      return words;
    } catch (NumberFormatException notDecimal) {
      return new long[2];
    }
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
      int high = Character.digit(id.charAt(at), 16);
      int low = Character.digit(id.charAt(at + 1), 16);
      if (high < 0 || low < 0) return false;
      words[at / 16] |= (long) (high << 4 | low) << (56 - at % 16 * 4);
    }
    return true;
  }

  private static String hex(long word, String rest) {
    char[] out = new char[16 + rest.length()];
    for (int at = 0; at < 16; at++) out[at] = DIGITS[(int) (word >>> (60 - 4 * at)) & 0xf];
    rest.getChars(0, rest.length(), out, 16);
    return new String(out);
  }

  /** One character per UTF-8 byte, as Go counts. Nearly every id is ASCII, and itself. */
  private static String onePerByte(String text) {
    for (int at = 0; at < text.length(); at++) {
      if (text.charAt(at) > 0x7f) return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
    return text;
  }
}
