package dev.changeover.bridge.sw8;

import java.nio.charset.StandardCharsets;

/** What a caller says of itself in an {@code sw8} header (SkyWalking Cross Process Propagation Headers Protocol v3). */
final class Sw8Header {
  /** Longer values are absent: no agent writes them, and reading them would cost the application. */
  static final int MAX_LENGTH = 8192;

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
    Parts parts = new Parts(value);
    if (!parts.next()) return null;
    String traceId = parts.text();
    String segmentId = traceId == null ? null : parts.text();
    int span = segmentId == null || !parts.next() ? -1 : parseSpan(value, parts.from, parts.to);
    String service = span < 0 ? null : parts.text();
    boolean complete = service != null && parts.isText() && parts.isText() && parts.isLastText();
    return complete ? new Sw8Header(traceId, segmentId, span, service) : null;
  }

  /** Writes a header; no text may be empty, {@code segmentId} is ASCII, and the span is 0. */
  static String print(String traceId, String segmentId, Identity caller, String endpoint, String peer) {
    String trace = SkyWalkingIds.onePerByte(traceId);
    String name = SkyWalkingIds.onePerByte(endpoint);
    String address = SkyWalkingIds.onePerByte(peer);
    int texts = Base64Text.encodedLength(trace) + Base64Text.encodedLength(segmentId) + Base64Text.encodedLength(name) + Base64Text.encodedLength(address);
    byte[] out = new byte[9 + texts + caller.service.length + caller.instance.length];
    out[0] = '1';
    int at = write(segmentId, out, write(trace, out, 1));
    out[at++] = '-';
    out[at++] = '0';
    at = write(address, out, write(name, out, write(caller.instance, out, write(caller.service, out, at))));
    return new String(out, 0, at, StandardCharsets.ISO_8859_1);
  }

  private static int write(String text, byte[] out, int at) {
    out[at] = '-';
    return Base64Text.encode(text, out, at + 1);
  }

  private static int write(byte[] base64, byte[] out, int at) {
    out[at] = '-';
    System.arraycopy(base64, 0, out, at + 1, base64.length);
    return at + 1 + base64.length;
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

  /** The parts of a header one after the other. */
  private static final class Parts {
    final String value;
    /** Of the current part. */
    int from;
    int to = -1;
    private byte[] scratch = new byte[0];

    Parts(String value) {
      this.value = value;
    }

    /** Goes to the next part; false when it is the last one or there is none. */
    boolean next() {
      from = to + 1;
      to = value.indexOf('-', from);
      return to >= 0;
    }

    /** The next part decoded; null when it is missing, empty or no Base64. */
    String text() {
      if (!next()) return null;
      if (scratch.length < to - from) scratch = new byte[to - from];
      int length = Base64Text.decode(value, from, to, scratch);
      return length <= 0 ? null : new String(scratch, 0, length, StandardCharsets.UTF_8);
    }

    boolean isText() {
      return next() && Base64Text.decode(value, from, to, null) > 0;
    }

    /** The rest is one text: a ninth part would leave a hyphen in it. */
    boolean isLastText() {
      return Base64Text.decode(value, to + 1, value.length(), null) > 0;
    }
  }
}
