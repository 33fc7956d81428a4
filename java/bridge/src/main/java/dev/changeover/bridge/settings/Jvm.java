package dev.changeover.bridge.settings;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What this JVM was started with. */
public final class Jvm {
  private static final String AGENT_OPTION = "-javaagent:";

  final Map<String, String> properties;
  final Map<String, String> environment;
  /** The agent's jar as the option names it, a link under a takeover; empty when no option does. */
  final String agentJar;
  /** What follows the jar in the option. */
  final String agentArguments;

  Jvm(Map<String, String> properties, Map<String, String> environment, String agentJar, String agentArguments) {
    this.properties = properties;
    this.environment = environment;
    this.agentJar = agentJar;
    this.agentArguments = agentArguments;
  }

  /** @param agent the jar whose agent is running, null when there is none */
  public static Jvm current(File agent) {
    Map<String, String> properties = new HashMap<>();
    for (String name : System.getProperties().stringPropertyNames()) properties.put(name, System.getProperty(name));
    String option = agent == null ? "" : agentOption(ManagementFactory.getRuntimeMXBean().getInputArguments(), agent);
    int equals = option.indexOf('=');
    String jar = equals < 0 ? option : option.substring(0, equals);
    return new Jvm(properties, System.getenv(), jar, equals < 0 ? "" : option.substring(equals + 1));
  }

  /** The value of the first option that loads this very jar, by whatever name. */
  static String agentOption(List<String> arguments, File agent) {
    for (String argument : arguments) {
      if (!argument.startsWith(AGENT_OPTION)) continue;
      String option = argument.substring(AGENT_OPTION.length());
      int equals = option.indexOf('=');
      if (isSame(new File(equals < 0 ? option : option.substring(0, equals)), agent)) return option;
    }
    return "";
  }

  private static boolean isSame(File one, File other) {
    try {
      return one.toPath().toRealPath().equals(other.toPath().toRealPath());
    } catch (IOException | RuntimeException absent) {
      return false;
    }
  }
}
