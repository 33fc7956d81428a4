package dev.changeover.bridge;

import dev.changeover.bridge.ignore.IgnoreRules;
import dev.changeover.bridge.ignore.IgnoreSampler;
import dev.changeover.bridge.settings.OpenTelemetryDefaults;
import dev.changeover.bridge.settings.SkyWalkingSettings;
import dev.changeover.bridge.sw8.Identity;
import dev.changeover.bridge.sw8.Sw8Propagator;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizer;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Switches the bridge on from inside the agent: without this jar nothing names {@code sw8}, so its absence cannot stop an agent. What
 * the configuration says is kept; where it says nothing, SkyWalking's settings do.
 */
public final class BridgeCustomizer implements AutoConfigurationCustomizerProvider {
  private static final String PROPAGATORS = "otel.propagators";

  @Override
  public void customize(AutoConfigurationCustomizer customizer) {
    customizer.addPropertiesCustomizer(BridgeCustomizer::properties);
    customizer.addResourceCustomizer(BridgeCustomizer::keepIdentity);
    customizer.addSamplerCustomizer(BridgeCustomizer::sampler);
    customizer.addTracerProviderCustomizer(
        (provider, config) -> Bridge.isEnabled(config) ? provider.addSpanProcessor(Sw8Propagator.callerAttributes()) : provider);
  }

  /** After every other customizer: what they configure stays. */
  @Override
  public int order() {
    return Integer.MAX_VALUE;
  }

  private static Map<String, String> properties(ConfigProperties config) {
    try {
      Map<String, String> properties = new HashMap<>(OpenTelemetryDefaults.of(Bridge.skyWalking(), config));
      List<String> propagators = propagators(config);
      boolean on = Bridge.isEnabled(config) && !propagators.contains("none");
      if (on && !propagators.contains("sw8")) properties.put(PROPAGATORS, String.join(",", propagators) + ",sw8");
      BridgeListener.announce(announcement(config, propagators));
      return properties;
    } catch (RuntimeException unexpected) {
      BridgeListener.announce("off, because its settings could not be read: " + unexpected);
      return Collections.emptyMap();
    }
  }

  private static List<String> propagators(ConfigProperties config) {
    List<String> configured = config.getList(PROPAGATORS);
    return configured.isEmpty() ? Arrays.asList("tracecontext", "baggage") : configured;
  }

  private static String announcement(ConfigProperties config, List<String> propagators) {
    String state = !Bridge.isEnabled(config) ? "off (changeover.sw8.enabled=false)" : propagators.contains("none") ? "off (otel.propagators=none)" : "on";
    boolean named = OpenTelemetryDefaults.takesServiceName(Bridge.skyWalking(), config);
    String source = named ? Bridge.skyWalking().source(SkyWalkingSettings.SERVICE_NAME) : "OpenTelemetry's own settings";
    return "sw8 " + state + ", service name from " + source;
  }

  private static Resource keepIdentity(Resource resource, ConfigProperties config) {
    Identity.set(resource);
    return resource;
  }

  private static Sampler sampler(Sampler sampler, ConfigProperties config) {
    SkyWalkingSettings settings = Bridge.skyWalking();
    IgnoreRules rules = new IgnoreRules(settings.get(SkyWalkingSettings.IGNORE_SUFFIX), settings.get(SkyWalkingSettings.IGNORE_PATH));
    return rules.isEmpty() ? sampler : new IgnoreSampler(sampler, rules);
  }
}
