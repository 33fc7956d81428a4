package dev.changeover.bridge.sw8;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SkyWalkingIdsTest {
  @Test
  void givesTheCollectorsTraceIds() {
    List<String[]> rows = Vectors.rows("traceIds");

    assertEquals(10, rows.size());
    for (String[] row : rows) assertEquals(row[2], SkyWalkingIds.traceIdOf(row[0]), row[0]);
  }

  @Test
  void givesTheCollectorsSpanIds() {
    List<String[]> rows = Vectors.rows("spanIds");

    assertEquals(8, rows.size());
    for (String[] row : rows) assertEquals(row[2], SkyWalkingIds.spanIdOf(row[0], Integer.parseInt(row[1])), row[0]);
  }

  @Test
  void countsBytesAndKeepsWhatWasDecodedBeforeABadDigit() {
    assertEquals("de5980b8000000000000000000000000", SkyWalkingIds.traceIdOf("de5980b8-fce3-4a37-aab9-b4ac3af7eedd.x"));
    assertEquals("ab000000000000000000000000000000", SkyWalkingIds.traceIdOf("ab" + repeat("é", 18)));
    assertEquals(SkyWalkingIds.ZERO_TRACE_ID, SkyWalkingIds.traceIdOf("ab" + repeat("é", 17)));
    assertEquals(SkyWalkingIds.ZERO_TRACE_ID, SkyWalkingIds.traceIdOf(repeat("０", 32)));
  }

  @Test
  void readsNumbersAsGoDoes() {
    String zeros = SkyWalkingIds.ZERO_TRACE_ID;

    assertEquals("0000000001000000ffffffffffffffff", SkyWalkingIds.traceIdOf(zeros + ".+1.-1"));
    assertEquals("0000000001000000ffffffffffffff7f", SkyWalkingIds.traceIdOf(zeros + ".0" + repeat("0", 80) + "1.9223372036854775807"));
    assertEquals("00000000ffffffff0000000000000080", SkyWalkingIds.traceIdOf(zeros + ".-1.-9223372036854775808"));
    for (String bad : new String[] {".1. 2345", "..12345", ".1.2.345", ".+.12345", ".1_0.1234", ".1.0x1234", ".٣.12345"}) {
      assertEquals(zeros, SkyWalkingIds.traceIdOf(repeat("f", 32) + bad), bad);
    }
  }

  @Test
  void givesBackTheSpanIdItMadeASegmentOf() {
    Random random = new Random(1);

    for (int round = 0; round < 10_000; round++) {
      String span = String.format("%016x", random.nextLong());
      String segment = SkyWalkingIds.segmentIdOf(span);

      assertEquals(span, SkyWalkingIds.spanIdOf(segment, 0));
      assertTrue(SkyWalkingIds.isCrafted(segment));
    }
  }

  @Test
  void knowsASegmentOfASkyWalkingAgent() {
    assertFalse(SkyWalkingIds.isCrafted("0261b37e52464a3c9f21aee37883e0ae.1.17954313111340002"));
    assertFalse(SkyWalkingIds.isCrafted("de5980b8-fce3-4a37-aab9-b4ac3af7eedd"));
    assertFalse(SkyWalkingIds.isCrafted("0261b37e52464a3c9f21aee37883e0ae"));
    assertFalse(SkyWalkingIds.isCrafted("x.1.10000000000000000"));
  }

  private static String repeat(String text, int times) {
    return new String(new char[times]).replace("\0", text);
  }
}
