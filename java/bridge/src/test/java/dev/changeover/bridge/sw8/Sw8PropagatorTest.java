package dev.changeover.bridge.sw8;

import static java.util.Arrays.asList;
import static java.util.Collections.emptyList;
import static java.util.Collections.singletonList;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class Sw8PropagatorTest {
  private static final String TRACE_ID = Vectors.header("traceId");
  private static final String SPAN_ID = Vectors.header("spanId");
  private static final String NATIVE = Sw8HeaderTest.NATIVE;
  private static final String NATIVE_TRACE_ID = "0261b37e53464a3c7c229ea4224adfae";
  private static final String NATIVE_SPAN_ID = "7d432dda710c9592";
  private static final String TRACEPARENT = "00-11111111111111111111111111111111-2222222222222222-01";

  private static final TextMapGetter<Map<String, String>> GETTER = new TextMapGetter<Map<String, String>>() {
    @Override
    public Iterable<String> keys(Map<String, String> carrier) {
      return carrier.keySet();
    }

    @Override
    public String get(Map<String, String> carrier, String key) {
      return carrier.get(key);
    }
  };

  private final Map<String, String> carrier = new HashMap<>();
  private final TextMapPropagator sw8 = propagator(Sw8Options.Prefer.AUTO);

  private static TextMapPropagator propagator(Sw8Options.Prefer prefer) {
    return new Sw8Propagator(new Sw8Options(emptyList(), emptyList(), true, prefer));
  }

  @BeforeEach
  void beOrderService() {
    Identity.set(Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), Vectors.header("service"), AttributeKey.stringKey("service.instance.id"), Vectors.header("instance"))));
  }

  private SpanContext extract(TextMapPropagator... propagators) {
    return Span.fromContext(TextMapPropagator.composite(propagators).extract(Context.root(), carrier, GETTER)).getSpanContext();
  }

  private static Context remote(String traceId, String spanId, TraceFlags flags, TraceState state) {
    return Context.root().with(Span.wrap(SpanContext.createFromRemoteParent(traceId, spanId, flags, state)));
  }

  private String inject(Context context) {
    sw8.inject(context, carrier, Map::put);
    return carrier.get("sw8");
  }

  // ---- extract

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

  // ---- correlation

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

  private static String b64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }
}
