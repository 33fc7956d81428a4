package dev.changeover.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The extension as the SDK finds it, by its services files. */
class BridgeCustomizerTest {
  private final Map<String, String> properties = new HashMap<>();

  /** The bridge reads SkyWalking's settings once. */
  @BeforeAll
  static void hadSkyWalking() {
    System.setProperty("skywalking.agent.ignore_suffix", ".js");
  }

  private AutoConfiguredOpenTelemetrySdk start() {
    for (String signal : new String[] {"traces", "metrics", "logs"}) properties.put("otel." + signal + ".exporter", "none");
    return AutoConfiguredOpenTelemetrySdk.builder().addPropertiesSupplier(() -> properties).build();
  }

  private Collection<String> fields() {
    return start().getOpenTelemetrySdk().getPropagators().getTextMapPropagator().fields();
  }

  @Test
  void addsSw8ToTheDefaultPropagators() {
    Collection<String> fields = fields();

    assertTrue(fields.contains("traceparent"));
    assertTrue(fields.contains("baggage"));
    assertTrue(fields.contains("sw8"));
  }

  @Test
  void addsSw8ToChosenPropagatorsOnce() {
    properties.put("otel.propagators", "sw8,tracecontext");

    assertEquals("[sw8, sw8-correlation, traceparent, tracestate]", fields().toString());
    properties.put("otel.propagators", "tracecontext");
    assertEquals("[traceparent, tracestate, sw8, sw8-correlation]", fields().toString());
  }

  @Test
  void leavesNoneAlone() {
    properties.put("otel.propagators", "none");

    assertTrue(fields().isEmpty());
  }

  @Test
  void stopsNothingThatWouldHaveStarted() {
    properties.put("otel.propagators", "unknown");

    assertThrows(ConfigurationException.class, this::start);
  }

  @Test
  void isOffWhenTold() {
    properties.put("changeover.sw8.enabled", "false");
    assertFalse(fields().contains("sw8"));

    properties.put("otel.propagators", "tracecontext,sw8");
    assertFalse(fields().contains("sw8"));
  }

  @Test
  void readsItsOptions() {
    properties.put("otel.propagators", "sw8");
    properties.put("changeover.sw8.header-prefixes", "a, b");
    properties.put("changeover.sw8.extra-keys", "skywalking.sw8");
    properties.put("changeover.sw8.correlation", "off");

    assertEquals("[sw8, a-sw8, b-sw8, skywalking.sw8]", fields().toString());
  }

  @Test
  void wrapsTheSampler() {
    assertTrue(start().getOpenTelemetrySdk().getSdkTracerProvider().getSampler().getDescription().startsWith("SkyWalkingIgnore{"));
  }
}
