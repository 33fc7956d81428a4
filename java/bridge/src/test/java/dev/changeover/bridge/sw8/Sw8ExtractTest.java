package dev.changeover.bridge.sw8;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Sw8ExtractTest extends PropagatorFixture {
  @Test
  void findsTheCollectorsIdsInAHeaderOfSkyWalking() {
    carrier.put("sw8", NATIVE);

    SpanContext found = extract(sw8);

    assertEquals(NATIVE_TRACE_ID, found.getTraceId());
    assertEquals(NATIVE_SPAN_ID, found.getSpanId());
    assertTrue(found.isRemote());
    assertTrue(found.isSampled());
    assertEquals(Sw8HeaderTest.TRACE, found.getTraceState().get("sw"));
  }

  @Test
  void findsItsOwnIdsInAHeaderOfOpenTelemetry() {
    carrier.put("sw8", Vectors.header("value"));

    SpanContext found = extract(sw8);

    assertEquals(TRACE_ID, found.getTraceId());
    assertEquals(SPAN_ID, found.getSpanId());
    assertTrue(found.getTraceState().isEmpty());
  }

  @Test
  void keepsAnIdOutOfTheTraceStateThatDoesNotFit() {
    carrier.put("sw8", Sw8HeaderTest.header("ab,=" + Sw8HeaderTest.TRACE, Sw8HeaderTest.SEGMENT, 2));

    assertEquals("ab" + SkyWalkingIds.ZERO_TRACE_ID.substring(2), extract(sw8).getTraceId());
    assertTrue(extract(sw8).getTraceState().isEmpty());
  }

  @Test
  void treatsIdsWithoutACounterpartAsAbsent() {
    carrier.put("traceparent", TRACEPARENT);
    for (String header : new String[] {"", "*", Sw8HeaderTest.header("1", Sw8HeaderTest.SEGMENT, 2), Sw8HeaderTest.header(Sw8HeaderTest.TRACE, "1.2.3", 2)}) {
      carrier.put("sw8", header);

      assertFalse(extract(sw8).isValid(), header);
      assertEquals("2222222222222222", extract(W3CTraceContextPropagator.getInstance(), sw8).getSpanId(), header);
    }
  }

  @Test
  void neverGivesAWrongContextForADamagedHeader() {
    Random random = new Random(4);
    int valid = 0;
    for (int round = 0; round < 100_000; round++) {
      carrier.put("sw8", Sw8HeaderTest.damage(NATIVE, random));
      Sw8Header header = Sw8Header.parse(carrier.get("sw8"));

      SpanContext found = extract(sw8);

      if (found.isValid()) {
        valid++;
        assertEquals(SkyWalkingIds.traceIdOf(header.traceId), found.getTraceId());
        assertEquals(SkyWalkingIds.spanIdOf(header.segmentId, header.spanId), found.getSpanId());
      } else {
        assertTrue(header == null || SkyWalkingIds.traceIdOf(header.traceId).equals(SkyWalkingIds.ZERO_TRACE_ID)
            || SkyWalkingIds.spanIdOf(header.segmentId, header.spanId).equals(SkyWalkingIds.ZERO_SPAN_ID));
      }
    }
    assertTrue(valid > 1000);
  }

  @Test
  void letsSkyWalkingWinWhereItWroteLast() {
    carrier.put("traceparent", TRACEPARENT);
    carrier.put("sw8", NATIVE);

    assertEquals(NATIVE_SPAN_ID, extract(W3CTraceContextPropagator.getInstance(), sw8).getSpanId());
    assertEquals("2222222222222222", extract(W3CTraceContextPropagator.getInstance(), propagator(Sw8Options.Prefer.W3C)).getSpanId());
  }

  @Test
  void keepsTheTraceparentOfAnOpenTelemetryHopThatAProxyMayHaveRefined() {
    carrier.put("traceparent", TRACEPARENT);
    carrier.put("sw8", Vectors.header("value"));

    assertEquals("2222222222222222", extract(W3CTraceContextPropagator.getInstance(), sw8).getSpanId());
    assertEquals(SPAN_ID, extract(W3CTraceContextPropagator.getInstance(), propagator(Sw8Options.Prefer.SW8)).getSpanId());
  }

  @Test
  void keepsTheTraceStateOfTheSameTraceOnly() {
    carrier.put("sw8", NATIVE);
    carrier.put("tracestate", "vendor=1");
    carrier.put("traceparent", "00-" + NATIVE_TRACE_ID + "-2222222222222222-01");

    assertEquals("1", extract(W3CTraceContextPropagator.getInstance(), sw8).getTraceState().get("vendor"));

    carrier.put("traceparent", TRACEPARENT);

    assertNull(extract(W3CTraceContextPropagator.getInstance(), sw8).getTraceState().get("vendor"));
  }

  @Test
  void winsOverASpanOfThisProcess() {
    carrier.put("sw8", Vectors.header("value"));
    Context local = Context.root().with(Span.wrap(SpanContext.create(NATIVE_TRACE_ID, NATIVE_SPAN_ID, TraceFlags.getSampled(), TraceState.getDefault())));

    assertEquals(SPAN_ID, Span.fromContext(sw8.extract(local, carrier, GETTER)).getSpanContext().getSpanId());
  }
}
