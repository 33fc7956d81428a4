package dev.changeover.bridge.toolkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Scope;
import org.junit.jupiter.api.Test;

class ToolkitIdsTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SPAN = "b7ad6b7169203331";
  private static final String OTHER_TRACE = "0261b37e53464a3c7c229ea4224adfae";
  private static final String OTHER_SPAN = "7d432dda710c9592";

  @Test
  void outsideOfEveryTraceItSaysWhatSkyWalkingsAgentSays() {
    ToolkitIds ids = ToolkitIds.current();

    assertEquals("TID:N/A", ids.tid());
    assertEquals("SW_CTX:[N/A,N/A,N/A,N/A,-1]", ids.context());
  }

  @Test
  void withinATraceTheSegmentIsNamedAfterTheSpanAsInTheHeaderThatTheBridgeWrites() {
    try (Scope scope = Span.wrap(context(TRACE, SPAN)).makeCurrent()) {
      ToolkitIds ids = ToolkitIds.current();

      assertEquals("TID:" + TRACE, ids.tid());
      assertEquals("SW_CTX:[N/A,N/A," + TRACE + "," + SPAN + "0000000000000000,0]", ids.context());
    }
  }

  @Test
  void anEventIsOfThePlaceWhereItWasMade() {
    try (Scope scope = Span.wrap(context(TRACE, SPAN)).makeCurrent()) {
      assertEquals(OTHER_TRACE, ToolkitIds.ofEvent(OTHER_TRACE, OTHER_SPAN).traceId());
    }
  }

  @Test
  void whatTheApplicationItselfPutUnderTheNameOfTheIdIsNotTakenForOne() {
    try (Scope scope = Span.wrap(context(TRACE, SPAN)).makeCurrent()) {
      assertEquals(TRACE, ToolkitIds.ofEvent("order-7", OTHER_SPAN).traceId());
      assertEquals(TRACE, ToolkitIds.ofEvent(OTHER_TRACE.toUpperCase(java.util.Locale.ROOT), OTHER_SPAN).traceId());
      assertEquals(TRACE, ToolkitIds.ofEvent(OTHER_TRACE, null).traceId());
      assertEquals(TRACE, ToolkitIds.ofEvent(null, null).traceId());
    }
  }

  private static SpanContext context(String trace, String span) {
    return SpanContext.create(trace, span, TraceFlags.getSampled(), TraceState.getDefault());
  }
}
