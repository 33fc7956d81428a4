package dev.changeover.bench;

import dev.changeover.bridge.sw8.Sw8Options;
import dev.changeover.bridge.sw8.Sw8Propagator;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the bridge adds to a request: reading the header of a SkyWalking agent, and writing one from a client span inside that trace.
 * Many short iterations: on a busy machine some of them run undisturbed.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 200, time = 20, timeUnit = TimeUnit.MILLISECONDS)
public class BridgeBenchmark {
  /** T and segment of a real agent, service, instance, endpoint and peer of usual length. */
  private static final String HEADER = "1-MDI2MWIzN2U1MjQ2NGEzYzlmMjFhZWUzNzg4M2UwYWUuMS4xNzk1NDMxMzExMTM0MDAwMw==-MDI2MWIzN2U1MjQ2NGEzYzlmMjFhZWUzNzg4M2UwYWUuMS4xNzk1NDMxMzExMTM0MDAwMg==-2"
      + "-Y2FydC1zZXJ2aWNl-NmFhYmRmYmM1NDE1NDI3NWEwOGNmYTQ5MTc3NGUwNDJAMTAuMC4wLjc=-R0VUOi9vcmRlcnMve2lkfQ==-b3JkZXItc2VydmljZTo4MDgw";
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

  private final TextMapPropagator sw8 =
      new Sw8Propagator(new Sw8Options(Collections.<String>emptyList(), Collections.<String>emptyList(), true, Sw8Options.Prefer.AUTO));
  private final Map<String, String> request = Collections.singletonMap("sw8", HEADER);
  private final Map<String, String> sent = new HashMap<>();
  private final Context client = client();

  private Context client() {
    Context parent = sw8.extract(Context.root(), request, GETTER);
    Span span = SdkTracerProvider.builder().build().get("bench").spanBuilder("GET").setParent(parent).setSpanKind(SpanKind.CLIENT).startSpan();
    span.setAttribute("server.address", "stock-service").setAttribute("server.port", 8080);
    return parent.with(span);
  }

  @Benchmark
  public Context extract() {
    return sw8.extract(Context.root(), request, GETTER);
  }

  @Benchmark
  public Map<String, String> inject() {
    sw8.inject(client, sent, Map::put);
    return sent;
  }
}
