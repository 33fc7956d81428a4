package dev.changeover.bridge;

import dev.changeover.bridge.settings.Jvm;
import dev.changeover.bridge.settings.SkyWalkingSettings;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.logging.Logger;

/** What the parts of the bridge share in this JVM, and how they speak to a person. */
final class Bridge {
  private static final Logger logger = Logger.getLogger("dev.changeover.bridge");
  private static final String NAME = name();

  /** Read once: the options of a JVM do not change. */
  private static final class Settings {
    static final SkyWalkingSettings SKYWALKING = SkyWalkingSettings.read(Jvm.current(agentJar()));
  }

  private Bridge() {}

  static SkyWalkingSettings skyWalking() {
    return Settings.SKYWALKING;
  }

  static boolean isEnabled(ConfigProperties config) {
    return config.getBoolean("changeover.sw8.enabled", true);
  }

  static void info(String message) {
    logger.info(NAME + ": " + message);
  }

  static void warn(String message) {
    logger.warning(NAME + ": " + message);
  }

  /** Of the running agent, which has told its bootstrap classes; null outside of one. */
  private static File agentJar() {
    try {
      Class<?> holder = Class.forName("io.opentelemetry.javaagent.bootstrap.JavaagentFileHolder", false, null);
      return (File) holder.getMethod("getJavaagentFile").invoke(null);
    } catch (ReflectiveOperationException | LinkageError absent) {
      return null;
    }
  }

  /** An extension's class loader knows no manifest. */
  private static String name() {
    Properties version = new Properties();
    try (InputStream file = Bridge.class.getResourceAsStream("version.properties")) {
      version.load(file);
    } catch (IOException | RuntimeException unreadable) {
      // Nameless, but running.
    }
    return "changeover-bridge " + version.getProperty("version", "?");
  }
}
