package dev.changeover.bridge.sw8;

import java.nio.charset.StandardCharsets;

/** What a caller says of itself in an {@code sw8} header (SkyWalking Cross Process Propagation Headers Protocol v3). */
final class Sw8Header {
  /** Longer values are absent: no agent writes them, and reading them would cost the application. */
  static final int MAX_LENGTH = 8192;
  private static final int PARTS = 8;
  private static final int SPAN_PART = 3;

  final String traceId;
  final String segmentId;
  /** The caller's span, 0 or more. */
  final int spanId;
  final String service;

  private Sw8Header(String traceId, String segmentId, int spanId, String service) {
    this.traceId = traceId;
    this.segmentId = segmentId;
    this.spanId = spanId;
    this.service = service;
  }

  /** Reads a header's value; null whenever a SkyWalking agent would treat it as absent, and above 8 KiB. Never throws. */
  static Sw8Header parse(String value) {
    if (value == null || value.isEmpty() || value.length() > MAX_LENGTH) return null;
    int[] starts = starts(value);
    if (starts == null) return null;
    int span = parseSpan(value, starts[SPAN_PART], starts[SPAN_PART + 1] - 1);
    if (span < 0) return null;
    byte[] scratch = new byte[value.length()];
    int[] lengths = new int[PARTS];
    String[] texts = new String[5];
    for (int part = 1; part < PARTS; part++) {
      if (part == SPAN_PART) continue;
      lengths[part] = Base64Text.decode(value, starts[part], starts[part + 1] - 1, scratch);
      if (lengths[part] <= 0) return null;
      if (part < texts.length) texts[part] = new String(scratch, 0, lengths[part], StandardCharsets.UTF_8);
    }
    return new Sw8Header(texts[1], texts[2], span, texts[4]);
  }

  /** Writes a header; {@code endpoint} and {@code peer} must not be empty. */
  static String print(String traceId, String segmentId, Identity caller, String endpoint, String peer) {
    byte[][] texts = {Base64Text.encode(traceId), Base64Text.encode(segmentId), caller.service, caller.instance, Base64Text.encode(endpoint), Base64Text.encode(peer)};
    int length = PARTS + 1;
    for (byte[] text : texts) length += text.length;
    byte[] out = new byte[length];
    out[0] = '1';
    int at = 1;
    for (int text = 0; text < texts.length; text++) {
      out[at++] = '-';
      if (text == 2) {
        out[at++] = '0';
        out[at++] = '-';
      }
      System.arraycopy(texts[text], 0, out, at, texts[text].length);
      at += texts[text].length;
    }
    return new String(out, 0, at, StandardCharsets.ISO_8859_1);
  }

  /** Where each part starts, and last where a ninth would; null unless there are exactly 8. */
  private static int[] starts(String value) {
    int[] starts = new int[PARTS + 1];
    int part = 1;
    for (int at = value.indexOf('-'); at >= 0; at = value.indexOf('-', at + 1)) {
      if (part == PARTS) return null;
      starts[part++] = at + 1;
    }
    starts[PARTS] = value.length() + 1;
    return part == PARTS ? starts : null;
  }

  /** {@code Integer.parseInt} for what cannot be negative, in ASCII digits only and without an exception: -1 for everything else. */
  private static int parseSpan(String value, int from, int to) {
    int start = from < to && value.charAt(from) == '+' ? from + 1 : from;
    if (start >= to) return -1;
    long span = 0;
    for (int at = start; at < to; at++) {
      int digit = value.charAt(at) - '0';
      if (digit < 0 || digit > 9) return -1;
      span = span * 10 + digit;
      if (span > Integer.MAX_VALUE) return -1;
    }
    return (int) span;
  }
}
