package dev.changeover.bridge.sw8;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Standard Base64 with as little garbage as a request may cost. Accepts and refuses what {@code java.util.Base64.getDecoder()}, which
 * SkyWalking's agents use, accepts and refuses: padding may be missing, but not wrong.
 */
final class Base64Text {
  private static final byte[] ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] VALUES = values();

  private Base64Text() {}

  /** The text as UTF-8, encoded. */
  static byte[] encode(String text) {
    byte[] in = text.getBytes(StandardCharsets.UTF_8);
    byte[] out = new byte[(in.length + 2) / 3 * 4];
    for (int at = 0, to = 0; at < in.length; at += 3, to += 4) {
      int left = in.length - at;
      int bits = (in[at] & 0xff) << 16 | (left > 1 ? (in[at + 1] & 0xff) << 8 : 0) | (left > 2 ? in[at + 2] & 0xff : 0);
      out[to] = ALPHABET[bits >>> 18];
      out[to + 1] = ALPHABET[bits >>> 12 & 0x3f];
      out[to + 2] = left > 1 ? ALPHABET[bits >>> 6 & 0x3f] : (byte) '=';
      out[to + 3] = left > 2 ? ALPHABET[bits & 0x3f] : (byte) '=';
    }
    return out;
  }

  /** Decodes {@code text[from..to)} into {@code out} from 0 on. How many bytes they are; -1 when this is no Base64. */
  static int decode(String text, int from, int to, byte[] out) {
    int end = unpadded(text, from, to);
    int rest = (end - from) % 4;
    if (end < from || rest == 1) return -1;
    int length = 0;
    int bits = 0;
    for (int at = from; at < end; at++) {
      char digit = text.charAt(at);
      int value = digit < VALUES.length ? VALUES[digit] : -1;
      if (value < 0) return -1;
      bits = bits << 6 | value;
      if ((at - from) % 4 == 3) {
        out[length++] = (byte) (bits >>> 16);
        out[length++] = (byte) (bits >>> 8);
        out[length++] = (byte) bits;
      }
    }
    if (rest > 1) out[length++] = (byte) (rest == 2 ? bits >>> 4 : bits >>> 10);
    if (rest > 2) out[length++] = (byte) (bits >>> 2);
    return length;
  }

  /** Where the digits end, -1 for padding that does not complete a group of four. */
  private static int unpadded(String text, int from, int to) {
    int end = to;
    while (end > from && text.charAt(end - 1) == '=') end--;
    int padding = to - end;
    return padding == 0 || (padding <= 2 && (to - from) % 4 == 0) ? end : -1;
  }

  private static byte[] values() {
    byte[] values = new byte[128];
    Arrays.fill(values, (byte) -1);
    for (int value = 0; value < ALPHABET.length; value++) values[ALPHABET[value]] = (byte) value;
    return values;
  }
}
