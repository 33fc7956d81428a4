package dev.changeover.bridge.sw8;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Sw8HeaderTest {
  static final String TRACE = "0261b37e52464a3c9f21aee37883e0ae.1.17954313111340003";
  static final String SEGMENT = "0261b37e52464a3c9f21aee37883e0ae.1.17954313111340002";
  static final String NATIVE = header(TRACE, SEGMENT, 2);

  /** As a SkyWalking agent writes it. */
  static String header(String trace, String segment, int span) {
    return "1-" + b64(trace) + "-" + b64(segment) + "-" + span + "-" + b64("cart") + "-" + b64("cart@10.0.0.7") + "-" + b64("GET:/cart") + "-" + b64("order:8080");
  }

  private static String b64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void readsWhatAnAgentWrites() {
    Sw8Header header = Sw8Header.parse(NATIVE);

    assertEquals(TRACE, header.traceId);
    assertEquals(SEGMENT, header.segmentId);
    assertEquals(2, header.spanId);
    assertEquals("cart", header.service);
  }

  @Test
  void readsAnyFlagAPlusAndMissingPadding() {
    Sw8Header header = Sw8Header.parse(NATIVE.replaceFirst("1-", "0-").replace("-2-", "-+2-").replace("=", ""));

    assertEquals(2, header.spanId);
    assertEquals("cart", header.service);
  }

  @Test
  void isAbsentWhenMalformed() {
    String[] parts = NATIVE.split("-");
    String[] malformed = {
      null, "", "*", "-", "1-", NATIVE + "-YQ==", String.join("-", Arrays.copyOf(parts, 7)),
      with(1, ""), with(2, ""), with(4, ""), with(5, ""), with(6, ""), with(7, ""), with(1, "="), with(4, "Q"), with(4, "QQ="), with(4, "QQ==QQ=="), with(4, "a_8="),
      with(4, "a b="), with(3, ""), with(3, "-1"), with(3, "+"), with(3, "++1"), with(3, "2147483648"), with(3, "1.5"), with(3, "0x1"), with(3, "٣"), with(3, " 1"),
    };

    for (String value : malformed) assertNull(Sw8Header.parse(value), value);
  }

  private static String with(int part, String text) {
    String[] parts = NATIVE.split("-");
    parts[part] = text;
    return String.join("-", parts);
  }

  @Test
  void costsNothingWhenItIsAMegabyte() {
    String dashes = new String(new char[1_000_000]).replace('\0', '-');
    String text = "1-" + new String(new char[1_000_000]).replace('\0', 'A');

    assertNull(Sw8Header.parse(dashes));
    assertNull(Sw8Header.parse(text));
    assertNotNull(Sw8Header.parse(with(7, new String(new char[7000]).replace('\0', 'A'))));
    assertNull(Sw8Header.parse(with(7, new String(new char[8192]).replace('\0', 'A'))));
  }

  @Test
  void agreesWithThePlainReadingForEveryDamagedHeader() {
    Random random = new Random(3);
    int valid = 0;
    for (int round = 0; round < 200_000; round++) {
      String damaged = damage(NATIVE, random);

      String expected = plainReading(damaged);
      Sw8Header header = Sw8Header.parse(damaged);

      assertEquals(expected, header == null ? null : header.traceId + ' ' + header.segmentId + ' ' + header.spanId + ' ' + header.service, damaged);
      if (expected != null) valid++;
    }
    assertTrue(valid > 1000, "some of the damaged headers must stay valid");
  }

  static String damage(String header, Random random) {
    StringBuilder text = new StringBuilder(header);
    for (int times = 1 + random.nextInt(3); times > 0 && text.length() > 1; times--) {
      int at = random.nextInt(text.length());
      int kind = random.nextInt(6);
      if (kind == 0) text.deleteCharAt(at);
      else if (kind == 1) text.insert(at, '-');
      else if (kind == 2) text.setLength(at + 1);
      else if (kind == 3) text.setCharAt(at, (char) random.nextInt(0x3000));
      else text.setCharAt(at, "ABCxyz012+/=".charAt(random.nextInt(12)));
    }
    return text.toString();
  }

  /** What SkyWalking's ContextCarrier does, with the JDK's own means. */
  private static String plainReading(String header) {
    String[] parts = header.split("-", 8);
    if (parts.length != 8) return null;
    try {
      String[] texts = new String[8];
      for (int part : new int[] {1, 2, 4, 5, 6, 7}) {
        texts[part] = new String(Base64.getDecoder().decode(parts[part].getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
        if (texts[part].isEmpty()) return null;
      }
      boolean ascii = parts[3].chars().allMatch(mark -> mark < 128);
      return ascii ? texts[1] + ' ' + texts[2] + ' ' + Integer.parseInt(parts[3]) + ' ' + texts[4] : null;
    } catch (IllegalArgumentException malformed) {
      return null;
    }
  }
}
