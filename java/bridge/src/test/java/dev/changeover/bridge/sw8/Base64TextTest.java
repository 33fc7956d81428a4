package dev.changeover.bridge.sw8;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Base64TextTest {
  private static final String MARKS = "AZaz09+/==-_ é\n";

  @Test
  void encodesAsTheJdkDoes() {
    for (String text : new String[] {"", "a", "ab", "abc", "abcd", "grüße, 世界 🌍"}) {
      assertArrayEquals(Base64.getEncoder().encode(text.getBytes(StandardCharsets.UTF_8)), Base64Text.encode(text), text);
    }
  }

  @Test
  void acceptsAndRefusesWhatTheJdkDoes() {
    Random random = new Random(2);
    int accepted = 0;
    for (int round = 0; round < 200_000; round++) {
      StringBuilder text = new StringBuilder();
      int digits = random.nextInt(9);
      for (int at = 0; at < digits; at++) text.append(MARKS.charAt(random.nextInt(random.nextInt(8) == 0 ? MARKS.length() : 8)));
      for (int at = random.nextInt(4); at > 1; at--) text.append('=');

      byte[] expected = jdk(text.toString());
      byte[] out = new byte[text.length()];
      int length = Base64Text.decode("--" + text + "--", 2, 2 + text.length(), out);

      if (expected == null) {
        assertEquals(-1, length, text.toString());
      } else {
        accepted++;
        assertArrayEquals(expected, length < 0 ? null : Arrays.copyOf(out, length), text.toString());
      }
    }
    assertTrue(accepted > 10_000);
  }

  private static byte[] jdk(String text) {
    try {
      return Base64.getDecoder().decode(text.getBytes(StandardCharsets.UTF_8));
    } catch (IllegalArgumentException malformed) {
      return null;
    }
  }
}
