package dev.changeover.bridge;

import dev.changeover.bridge.settings.SkyWalkingSettings;
import dev.changeover.bridge.sw8.Sw8Options;
import dev.changeover.bridge.sw8.Sw8Propagator;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurablePropagatorProvider;
import java.util.ArrayList;
import java.util.List;

/** The {@code sw8} of {@code otel.propagators}. Does nothing where {@code changeover.sw8.enabled} is false. */
public final class Sw8PropagatorProvider implements ConfigurablePropagatorProvider {
  @Override
  public String getName() {
    return "sw8";
  }

  @Override
  public TextMapPropagator getPropagator(ConfigProperties config) {
    if (!Bridge.isEnabled(config)) return TextMapPropagator.noop();
    List<String> prefixes = new ArrayList<>(config.getList("changeover.sw8.header-prefixes"));
    prefixes.add(Bridge.skyWalking().get(SkyWalkingSettings.NAMESPACE));
    boolean correlation = !config.getString("changeover.sw8.correlation", "baggage").equalsIgnoreCase("off");
    Sw8Options.Prefer prefer = Sw8Options.Prefer.of(config.getString("changeover.sw8.prefer", "auto"));
    return new Sw8Propagator(new Sw8Options(prefixes, config.getList("changeover.sw8.extra-keys"), correlation, prefer));
  }
}
