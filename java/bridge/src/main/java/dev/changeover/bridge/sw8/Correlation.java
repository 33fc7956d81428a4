package dev.changeover.bridge.sw8;

import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.baggage.BaggageBuilder;
import io.opentelemetry.api.baggage.BaggageEntry;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** {@code sw8-correlation} ({@code b64key:b64value,...}) and baggage. What is written keeps to the limits that SkyWalking has by default. */
final class Correlation {
  /** SkyWalking reads the first three and drops the rest. */
  private static final int MAX_WRITTEN = 3;
  private static final int MAX_LENGTH = 128;
  /** As many as a baggage header may have: an agent may be told to write more than three. */
  private static final int MAX_READ = 64;
  private static final int MAX_HEADER_LENGTH = 8192;
  private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

  private Correlation() {}

  /**
   * The baggage with the entries of the header whose keys are tokens, as a baggage header needs them.
   *
   * @param override whether the header is newer than the baggage
   */
  static Baggage read(String header, Baggage baggage, boolean override) {
    if (header == null || header.isEmpty() || header.length() > MAX_HEADER_LENGTH) return baggage;
    BaggageBuilder builder = baggage.toBuilder();
    byte[] scratch = new byte[header.length()];
    int entries = 0;
    for (int from = 0; from < header.length() && entries < MAX_READ; entries++) {
      int comma = header.indexOf(',', from);
      int to = comma < 0 ? header.length() : comma;
      int colon = header.indexOf(':', from);
      String key = colon < 0 || colon > to ? null : decode(header, from, colon, scratch);
      String value = key == null ? null : decode(header, colon + 1, to, scratch);
      if (value != null && isToken(key) && (override || baggage.getEntryValue(key) == null)) builder.put(key, value);
      from = to + 1;
    }
    return builder.build();
  }

  /** The header for the first entries that fit; empty for none. */
  static String print(Baggage baggage) {
    if (baggage.isEmpty()) return "";
    StringBuilder header = new StringBuilder();
    int entries = 0;
    for (Map.Entry<String, BaggageEntry> entry : baggage.asMap().entrySet()) {
      String value = entry.getValue().getValue();
      if (value.isEmpty() || value.length() > MAX_LENGTH || !isToken(entry.getKey())) continue;
      if (entries++ > 0) header.append(',');
      header.append(ascii(Base64Text.encode(entry.getKey()))).append(':').append(ascii(Base64Text.encode(value)));
      if (entries == MAX_WRITTEN) break;
    }
    return header.toString();
  }

  private static String decode(String header, int from, int to, byte[] scratch) {
    int length = Base64Text.decode(header, from, to, scratch);
    return length <= 0 ? null : new String(scratch, 0, length, StandardCharsets.UTF_8);
  }

  private static String ascii(byte[] text) {
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  private static boolean isToken(String key) {
    if (key.length() > MAX_LENGTH) return false;
    for (int at = 0; at < key.length(); at++) {
      char mark = key.charAt(at);
      boolean letterOrDigit = (mark >= '0' && mark <= '9') || (mark >= 'A' && mark <= 'Z') || (mark >= 'a' && mark <= 'z');
      if (!letterOrDigit && TOKEN_MARKS.indexOf(mark) < 0) return false;
    }
    return !key.isEmpty();
  }
}
