package dev.changeover.bridge.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.opentelemetry.sdk.autoconfigure.spi.internal.DefaultConfigProperties;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class OpenTelemetryDefaultsTest {
  private final Map<String, String> environment = new HashMap<>();
  private final Map<String, String> configured = new HashMap<>();

  private Map<String, String> defaults() {
    SkyWalkingSettings settings = SkyWalkingSettings.read(new Jvm(Collections.emptyMap(), environment, "", ""));
    return new TreeMap<>(OpenTelemetryDefaults.of(settings, DefaultConfigProperties.createFromMap(configured)));
  }

  @Test
  void saysEverythingThatHasAWord() {
    environment.put("SW_AGENT_NAME", "shop::order service with a name of far more than fifty characters");
    environment.put("SW_AGENT_NAMESPACE", "prod");
    environment.put("SW_AGENT_CLUSTER", "eu,1");
    environment.put("SW_AGENT_INSTANCE_NAME", "pod=1");
    environment.put("SW_INSTANCE_PROPERTIES_JSON", "{\"team\":\"a b\",\"service.name\":\"x\",\"db_password\":\"x\",\"bad key\":1,\"rack\":7}");

    assertEquals("{otel.resource.attributes=service.namespace=prod,service.instance.id=pod%3D1,k8s.cluster.name=eu%2C1,team=a%20b,rack=7, "
        + "otel.service.name=shop::order service with a name of far more than fifty characters}", defaults().toString());
  }

  @Test
  void saysNothingWhereNobodySetAnything() {
    assertEquals("{}", defaults().toString());
  }

  @Test
  void leavesWhatOpenTelemetrySaysItself() {
    environment.put("SW_AGENT_NAME", "old");
    environment.put("SW_AGENT_NAMESPACE", "prod");
    environment.put("SW_AGENT_CLUSTER", "eu");
    configured.put("otel.resource.attributes", "service.namespace=mine,a=b");
    configured.put("otel.service.name", "new");

    assertEquals("{otel.resource.attributes=service.namespace=mine,a=b,k8s.cluster.name=eu}", defaults().toString());
  }

  @Test
  void leavesAServiceNameAmongTheAttributes() {
    environment.put("SW_AGENT_NAME", "old");
    configured.put("otel.resource.attributes", "service.name=new");

    assertFalse(defaults().containsKey("otel.service.name"));
  }
}
