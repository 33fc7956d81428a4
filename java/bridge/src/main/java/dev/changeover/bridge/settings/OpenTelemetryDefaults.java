package dev.changeover.bridge.settings;

import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import java.io.UnsupportedEncodingException;
import java.net.URLEncoder;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * SkyWalking's settings in OpenTelemetry's words, where nobody said otherwise: service name, namespace, instance, cluster and the
 * scalars of the instance properties. The same as what a plan writes into a pod.
 */
public final class OpenTelemetryDefaults {
  private static final String SERVICE_NAME = "otel.service.name";
  private static final String ATTRIBUTES = "otel.resource.attributes";
  private static final Pattern ATTRIBUTE_NAME = Pattern.compile("[\\w.-]+");
  private static final Pattern SECRET_NAME =
      Pattern.compile("(?i).*(?:pass(?:word|wd)?|secret|token|api[-_.]?key|access[-_.]?key|authentication|authorization|credential|private[-_.]?key).*");

  private OpenTelemetryDefaults() {}

  /** The properties to add to what is configured. */
  public static Map<String, String> of(SkyWalkingSettings settings, ConfigProperties config) {
    Map<String, String> properties = new HashMap<>();
    Map<String, String> configured = config.getMap(ATTRIBUTES);
    if (takesServiceName(settings, config)) properties.put(SERVICE_NAME, settings.get(SkyWalkingSettings.SERVICE_NAME));
    StringBuilder attributes = new StringBuilder();
    attributes(settings).forEach((key, value) -> {
      if (!value.isEmpty() && !configured.containsKey(key)) attributes.append(',').append(key).append('=').append(encode(value));
    });
    if (attributes.length() > 0) properties.put(ATTRIBUTES, (config.getString(ATTRIBUTES, "") + attributes).replaceFirst("^,", ""));
    return properties;
  }

  /** Whether the service has SkyWalking's name: OpenTelemetry's own settings do not name it. */
  public static boolean takesServiceName(SkyWalkingSettings settings, ConfigProperties config) {
    boolean named = config.getString(SERVICE_NAME) != null || config.getMap(ATTRIBUTES).containsKey("service.name");
    return !named && !settings.get(SkyWalkingSettings.SERVICE_NAME).isEmpty();
  }

  private static Map<String, String> attributes(SkyWalkingSettings settings) {
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put("service.namespace", settings.get(SkyWalkingSettings.NAMESPACE));
    attributes.put("service.instance.id", settings.get(SkyWalkingSettings.INSTANCE_NAME));
    attributes.put("k8s.cluster.name", settings.get(SkyWalkingSettings.CLUSTER));
    JsonScalars.parse(settings.get(SkyWalkingSettings.INSTANCE_PROPERTIES)).forEach((key, value) -> {
      // Names that would take an identity's place, or tell a credential, are left out.
      boolean plain = ATTRIBUTE_NAME.matcher(key).matches() && !key.startsWith("service.") && !SECRET_NAME.matcher(key).matches();
      if (plain) attributes.put(key, value);
    });
    return attributes;
  }

  /** Percent-encoded, as the SDK decodes it. */
  private static String encode(String value) {
    try {
      return URLEncoder.encode(value, "UTF-8").replace("+", "%20");
    } catch (UnsupportedEncodingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
