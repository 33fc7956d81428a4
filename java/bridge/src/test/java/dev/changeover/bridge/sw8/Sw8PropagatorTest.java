package dev.changeover.bridge.sw8;

import static java.util.Arrays.asList;
import static java.util.Collections.singletonList;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Sw8PropagatorTest extends PropagatorFixture {
  // ---- inject

  @Test
  void writesTheExampleOfTheProtocol() {
    SdkTracerProvider provider = SdkTracerProvider.builder().build();
    Context parent = remote(TRACE_ID, "1111111111111111", TraceFlags.getSampled(), TraceState.getDefault());
    Span client = provider.get("test").spanBuilder("GET").setParent(parent).setSpanKind(SpanKind.CLIENT).startSpan();
    client.setAttribute("server.address", "stock").setAttribute("server.port", 8080);

    String[] parts = inject(parent.with(client)).split("-");

    String[] expected = Vectors.header("value").split("-");
    for (int part : new int[] {0, 1, 3, 4, 5, 7}) assertEquals(expected[part], parts[part]);
    assertEquals(client.getSpanContext().getSpanId() + "0000000000000000", text(parts[2]));
    assertEquals("unknown", text(parts[6]));
  }

  @Test
  void writesSkyWalkingsOwnTraceIdAsLongAsItIsOfThisTrace() {
    TraceState state = TraceState.builder().put("sw", Sw8HeaderTest.TRACE).build();

    assertEquals(Sw8HeaderTest.TRACE, text(inject(remote(NATIVE_TRACE_ID, SPAN_ID, TraceFlags.getSampled(), state)).split("-")[1]));
    assertEquals(TRACE_ID, text(inject(remote(TRACE_ID, SPAN_ID, TraceFlags.getSampled(), state)).split("-")[1]));
  }

  @Test
  void writesNothingForASpanThatIsNotKept() {
    assertNull(inject(remote(TRACE_ID, SPAN_ID, TraceFlags.getDefault(), TraceState.getDefault())));
    assertNull(inject(Context.root()));
    assertTrue(carrier.isEmpty());
  }

  @Test
  void writesUnknownForWhatItDoesNotKnowAndCutsTheRest() {
    Identity.set(Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), new String(new char[49]).replace('\0', 'a') + "🌍🌍")));

    String[] parts = inject(remote(TRACE_ID, SPAN_ID, TraceFlags.getSampled(), TraceState.getDefault())).split("-");

    assertEquals(new String(new char[49]).replace('\0', 'a'), text(parts[4]));
    for (int part : new int[] {5, 6, 7}) assertEquals("unknown", text(parts[part]));
  }

  @Test
  void readsBackEveryHeaderItWrites() {
    Random random = new Random(5);
    for (int round = 0; round < 10_000; round++) {
      String trace = String.format("%016x%016x", random.nextLong(), random.nextLong() | 1);
      String span = String.format("%016x", random.nextLong() | 1);

      inject(remote(trace, span, TraceFlags.getSampled(), TraceState.getDefault()));

      assertEquals(trace, extract(sw8).getTraceId());
      assertEquals(span, extract(sw8).getSpanId());
    }
  }

  // ---- keys

  @Test
  void readsAndWritesTheHeadersOfANamespace() {
    TextMapPropagator prefixed = new Sw8Propagator(new Sw8Options(asList("shop", ""), singletonList("skywalking.sw8"), true, Sw8Options.Prefer.AUTO));

    prefixed.inject(remote(TRACE_ID, SPAN_ID, TraceFlags.getSampled(), TraceState.getDefault()), carrier, Map::put);

    assertEquals(3, carrier.size());
    assertEquals(carrier.get("sw8"), carrier.get("shop-sw8"));
    assertEquals(carrier.get("sw8"), carrier.get("skywalking.sw8"));
    assertEquals(asList("sw8", "shop-sw8", "skywalking.sw8", "sw8-correlation", "shop-sw8-correlation"), prefixed.fields());

    carrier.put("shop-sw8", NATIVE);

    assertEquals(NATIVE_SPAN_ID, extract(prefixed).getSpanId(), "SkyWalking wrote after OpenTelemetry");
  }

  @Test
  void alwaysReadsAndNeverWritesTheKeyOfSofaRpc() {
    carrier.put("skywalking.sw8", NATIVE);

    assertEquals(NATIVE_SPAN_ID, extract(sw8).getSpanId());
    assertEquals(asList("sw8", "sw8-correlation"), sw8.fields());
  }

  // ---- attributes

  @Test
  void saysWhoCalledOnTheFirstSpanOnly() {
    SdkTracerProvider provider = SdkTracerProvider.builder().addSpanProcessor(Sw8Propagator.callerAttributes()).setSampler(Sampler.alwaysOn()).build();
    carrier.put("sw8", NATIVE);
    Context parent = sw8.extract(Context.root(), carrier, GETTER);

    ReadableSpan server = (ReadableSpan) provider.get("test").spanBuilder("server").setParent(parent).startSpan();
    ReadableSpan child = (ReadableSpan) provider.get("test").spanBuilder("child").setParent(parent.with((Span) server)).startSpan();
    ReadableSpan alone = (ReadableSpan) provider.get("test").spanBuilder("alone").startSpan();

    assertEquals(Sw8HeaderTest.TRACE, server.getAttribute(AttributeKey.stringKey("sw8.trace_id")));
    assertEquals("cart", server.getAttribute(AttributeKey.stringKey("sw8.parent_service")));
    assertNull(child.getAttribute(AttributeKey.stringKey("sw8.trace_id")));
    assertNull(alone.getAttribute(AttributeKey.stringKey("sw8.trace_id")));
  }

  // ---- never throws

  @Test
  void survivesWhateverItIsGiven() {
    Context context = remote(TRACE_ID, SPAN_ID, TraceFlags.getSampled(), TraceState.getDefault());
    TextMapGetter<Map<String, String>> thrower = new TextMapGetter<Map<String, String>>() {
      @Override
      public Iterable<String> keys(Map<String, String> carrier) {
        throw new IllegalStateException();
      }

      @Override
      public String get(Map<String, String> carrier, String key) {
        throw new IllegalStateException();
      }
    };

    assertSame(context, sw8.extract(context, carrier, null));
    assertSame(context, sw8.extract(context, null, GETTER));
    assertSame(context, sw8.extract(context, carrier, thrower));
    assertSame(Context.root(), sw8.extract(null, carrier, GETTER));
    sw8.inject(null, carrier, Map::put);
    sw8.inject(context, carrier, null);
    sw8.inject(context, null, (Map<String, String> map, String key, String value) -> map.put(key, value));
    assertTrue(carrier.isEmpty());
  }
}
