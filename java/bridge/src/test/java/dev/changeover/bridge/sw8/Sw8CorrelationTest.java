package dev.changeover.bridge.sw8;

import static java.util.Collections.emptyList;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.util.Map;
import org.junit.jupiter.api.Test;

class Sw8CorrelationTest extends PropagatorFixture {
  @Test
  void makesBaggageOfCorrelationAndBack() {
    carrier.put("sw8", NATIVE);
    carrier.put("sw8-correlation", b64("tenant") + ":" + b64("gold, née") + "," + b64("no token") + ":" + b64("x") + ",*:*," + b64("late") + ":" + b64("4"));

    Context read = sw8.extract(Context.root().with(Baggage.builder().put("tenant", "old").put("kept", "1").build()), carrier, GETTER);

    assertEquals("gold, née", Baggage.fromContext(read).getEntryValue("tenant"));
    assertEquals("1", Baggage.fromContext(read).getEntryValue("kept"));
    assertEquals(3, Baggage.fromContext(read).size());

    carrier.clear();
    sw8.inject(read, carrier, Map::put);
    Context again = sw8.extract(Context.root(), carrier, GETTER);

    assertEquals(Baggage.fromContext(read).asMap(), Baggage.fromContext(again).asMap());
  }

  @Test
  void believesBaggageWhereAnOpenTelemetryHopWroteBoth() {
    carrier.put("sw8", Vectors.header("value"));
    carrier.put("traceparent", TRACEPARENT);
    carrier.put("baggage", "tenant=new");
    carrier.put("sw8-correlation", b64("tenant") + ":" + b64("old") + "," + b64("more") + ":" + b64("1"));
    TextMapPropagator all = TextMapPropagator.composite(W3CTraceContextPropagator.getInstance(), W3CBaggagePropagator.getInstance(), sw8);

    Baggage baggage = Baggage.fromContext(all.extract(Context.root(), carrier, GETTER));

    assertEquals("new", baggage.getEntryValue("tenant"));
    assertEquals("1", baggage.getEntryValue("more"));
  }

  @Test
  void writesNoMoreThanSkyWalkingReads() {
    Baggage baggage = Baggage.builder().put("a", "1").put("b", new String(new char[129]).replace('\0', 'x')).put("c", "3").put("d", "4").put("e", "5").build();

    sw8.inject(remote(TRACE_ID, SPAN_ID, TraceFlags.getSampled(), TraceState.getDefault()).with(baggage), carrier, Map::put);

    String[] entries = carrier.get("sw8-correlation").split(",");
    assertEquals(3, entries.length);
    for (String entry : entries) assertEquals(1, text(entry.split(":")[1]).length());
  }

  @Test
  void leavesBaggageAloneWhenTold() {
    TextMapPropagator apart = new Sw8Propagator(new Sw8Options(emptyList(), emptyList(), false, Sw8Options.Prefer.AUTO));
    carrier.put("sw8-correlation", b64("tenant") + ":" + b64("gold"));

    assertTrue(Baggage.fromContext(apart.extract(Context.root(), carrier, GETTER)).isEmpty());
  }
}
