package dev.changeover.otherextension;

import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizer;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider;
import java.util.Collections;

/** An extension that somebody else wrote, packed as other-extension.jar: it adds a resource attribute. */
public final class OtherExtension implements AutoConfigurationCustomizerProvider {
  @Override
  public void customize(AutoConfigurationCustomizer customizer) {
    customizer.addPropertiesSupplier(() -> Collections.singletonMap("otel.resource.attributes", "other.extension=loaded"));
  }
}
