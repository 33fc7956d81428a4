package dev.changeover.bridge.toolkit;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizer;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import io.opentelemetry.sdk.resources.Resource;
import java.util.Collections;
import java.util.Map;

/** Makes {@code @Trace} start spans, and tells the shims what only the extension can read. */
public final class ToolkitDefaults implements AutoConfigurationCustomizerProvider {
  private static final String ANNOTATIONS = "otel.instrumentation.external-annotations.include";

  /** In the agents that split the list by commas (2.24 to 2.33 do; the semicolons of their documentation make one name of it). Others keep their own list. */
  private static final String SPLITS_BY_COMMAS = "io.opentelemetry.javaagent.shaded.instrumentation.api.incubator.config.internal.DeclarativeConfigUtil";

  /** The agent's own list, which a value of ours replaces, and the toolkit's annotation under its two names. */
  private static final String TRACED = String.join(",",
      "com.appoptics.api.ext.LogMethod",
      "com.newrelic.api.agent.Trace",
      "com.signalfx.tracing.api.Trace",
      "com.tracelytics.api.ext.LogMethod",
      "datadog.trace.api.Trace",
      "io.opentracing.contrib.dropwizard.Trace",
      "kamon.annotation.Trace",
      "kamon.annotation.api.Trace",
      "org.springframework.cloud.sleuth.annotation.NewSpan",
      "org.apache.skywalking.apm.toolkit.trace.Trace",
      "org.skywalking.apm.toolkit.trace.Trace");

  @Override
  public void customize(AutoConfigurationCustomizer customizer) {
    customizer.addPropertiesSupplier(ToolkitDefaults::tracedAnnotations);
    customizer.addPropertiesCustomizer(ToolkitDefaults::tellKeys);
    customizer.addResourceCustomizer(ToolkitDefaults::tellIdentity);
  }

  /** After every other customizer: the resource is then what the spans will carry. */
  @Override
  public int order() {
    return Integer.MAX_VALUE;
  }

  private static Map<String, String> tracedAnnotations() {
    try {
      Class.forName(SPLITS_BY_COMMAS, false, null);
      return Collections.singletonMap(ANNOTATIONS, TRACED);
    } catch (ClassNotFoundException | LinkageError other) {
      return Collections.emptyMap();
    }
  }

  private static Map<String, String> tellKeys(ConfigProperties config) {
    tell(ToolkitIds.TRACE_ID_KEY, config.getString("otel.instrumentation.common.logging.trace-id-key"));
    tell(ToolkitIds.SPAN_ID_KEY, config.getString("otel.instrumentation.common.logging.span-id-key"));
    return Collections.emptyMap();
  }

  private static Resource tellIdentity(Resource resource, ConfigProperties config) {
    tell(ToolkitIds.SERVICE, resource.getAttribute(AttributeKey.stringKey("service.name")));
    tell(ToolkitIds.INSTANCE, resource.getAttribute(AttributeKey.stringKey("service.instance.id")));
    return resource;
  }

  private static void tell(String property, String value) {
    try {
      if (value != null) {
        System.setProperty(property, value);
      }
    } catch (RuntimeException denied) {
      // A security manager: the shims say N/A for it.
    }
  }
}
