package dev.changeover.bridge.sw8;

import static java.util.Collections.emptyList;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.resources.Resource;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;

/** The order service of {@code vectors.json}, with headers to read from and to write to. */
abstract class PropagatorFixture {
  static final String TRACE_ID = Vectors.header("traceId");
  static final String SPAN_ID = Vectors.header("spanId");
  static final String NATIVE = Sw8HeaderTest.NATIVE;
  static final String NATIVE_TRACE_ID = "0261b37e53464a3c7c229ea4224adfae";
  static final String NATIVE_SPAN_ID = "7d432dda710c9592";
  static final String TRACEPARENT = "00-11111111111111111111111111111111-2222222222222222-01";

  static final TextMapGetter<Map<String, String>> GETTER = new TextMapGetter<Map<String, String>>() {
    @Override
    public Iterable<String> keys(Map<String, String> carrier) {
      return carrier.keySet();
    }

    @Override
    public String get(Map<String, String> carrier, String key) {
      return carrier.get(key);
    }
  };

  final Map<String, String> carrier = new HashMap<>();
  final TextMapPropagator sw8 = propagator(Sw8Options.Prefer.AUTO);

  static TextMapPropagator propagator(Sw8Options.Prefer prefer) {
    return new Sw8Propagator(new Sw8Options(emptyList(), emptyList(), true, prefer));
  }

  @BeforeEach
  void beOrderService() {
    Identity.set(Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), Vectors.header("service"), AttributeKey.stringKey("service.instance.id"), Vectors.header("instance"))));
  }

  SpanContext extract(TextMapPropagator... propagators) {
    return Span.fromContext(TextMapPropagator.composite(propagators).extract(Context.root(), carrier, GETTER)).getSpanContext();
  }

  static Context remote(String traceId, String spanId, TraceFlags flags, TraceState state) {
    return Context.root().with(Span.wrap(SpanContext.createFromRemoteParent(traceId, spanId, flags, state)));
  }

  String inject(Context context) {
    sw8.inject(context, carrier, Map::put);
    return carrier.get("sw8");
  }

  static String b64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  static String text(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }
}
