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
    String bytes = SkyWalkingIds.onePerByte(text);
    byte[] out = new byte[encodedLength(bytes)];
    encode(bytes, out, 0);
    return out;
  }

  static int encodedLength(String bytes) {
    return (bytes.length() + 2) / 3 * 4;
  }

  /** Encodes a text of one character per byte into {@code out} from {@code to} on; returns where it ends. */
  static int encode(String bytes, byte[] out, int to) {
    int end = to;
    for (int at = 0; at < bytes.length(); at += 3, end += 4) {
      int left = bytes.length() - at;
      int bits = bytes.charAt(at) << 16 | (left > 1 ? bytes.charAt(at + 1) << 8 : 0) | (left > 2 ? bytes.charAt(at + 2) : 0);
      out[end] = ALPHABET[bits >>> 18];
      out[end + 1] = ALPHABET[bits >>> 12 & 0x3f];
      out[end + 2] = left > 1 ? ALPHABET[bits >>> 6 & 0x3f] : (byte) '=';
      out[end + 3] = left > 2 ? ALPHABET[bits & 0x3f] : (byte) '=';
    }
    return end;
  }

  /** Decodes {@code text[from..to)} into {@code out} from 0 on, or only counts where {@code out} is null. How many bytes they are; -1 when this is no Base64. */
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
      int place = (at - from) % 4;
      if (place == 0) continue;
      if (out != null) out[length] = (byte) (bits >>> (6 - 2 * place));
      length++;
    }
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
