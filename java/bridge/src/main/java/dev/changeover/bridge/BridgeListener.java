package dev.changeover.bridge;

import dev.changeover.bridge.settings.SkyWalkingSettings;
import io.opentelemetry.javaagent.extension.AgentListener;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;

/** Says one line once the agent runs. The agent calls it in every mode, also where it calls no customizer. */
public final class BridgeListener implements AgentListener {
  private static volatile String announcement;

  static void announce(String announcement) {
    BridgeListener.announcement = announcement;
  }

  @Override
  public void afterAgent(AutoConfiguredOpenTelemetrySdk sdk) {
    try {
      speak();
    } catch (RuntimeException unexpected) {
      // A log that refuses the line must not stop the agent.
    }
  }

  private static void speak() {
    if (announcement == null) {
      Bridge.warn("off, because the agent is configured by a YAML file (otel.config.file), which extensions cannot add sw8 or SkyWalking's settings to;"
          + " configure it by OTEL_* variables to have the bridge");
      return;
    }
    Bridge.info(announcement);
    SkyWalkingSettings settings = Bridge.skyWalking();
    if (settings.get(SkyWalkingSettings.ENABLE).equalsIgnoreCase("false")) {
      Bridge.warn("SkyWalking was off here (agent.enable=false from " + settings.source(SkyWalkingSettings.ENABLE)
          + "), but a running agent cannot switch itself off; set OTEL_JAVAAGENT_ENABLED=false to keep tracing off");
    }
  }
}
