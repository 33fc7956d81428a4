package dev.changeover.bridge.settings;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * SkyWalking's settings by its own rules ({@code SnifferConfigInitializer}): agent arguments, then {@code -Dskywalking.*}, then
 * agent.config, whose placeholders ask {@code -DNAME}, the environment, other keys of the file and the default, in this order. A file
 * that is not there any more is taken for the stock one, so that its {@code SW_*} variables keep their meaning. Where nothing of SkyWalking is
 * found there are no settings, not even its defaults: that JVM never had it.
 */
public final class SkyWalkingSettings {
  public static final String SERVICE_NAME = "agent.service_name";
  public static final String NAMESPACE = "agent.namespace";
  public static final String CLUSTER = "agent.cluster";
  public static final String INSTANCE_NAME = "agent.instance_name";
  public static final String INSTANCE_PROPERTIES = "agent.instance_properties_json";
  public static final String ENABLE = "agent.enable";
  public static final String IGNORE_SUFFIX = "agent.ignore_suffix";
  public static final String IGNORE_PATH = "trace.ignore_path";
  private static final String STOCK_SUFFIXES = ".jpg,.jpeg,.js,.css,.png,.bmp,.gif,.ico,.mp3,.mp4,.html,.svg";
  private static final String PREFIX = "skywalking.";

  private static final class Setting {
    final String value;
    final String source;

    Setting(String value, String source) {
      this.value = value;
      this.source = source;
    }
  }

  private final Jvm jvm;
  private final Map<String, Setting> settings = new HashMap<>();

  private SkyWalkingSettings(Jvm jvm) {
    this.jvm = jvm;
    String folder = jvm.agentJar.isEmpty() ? null : jvm.agentJar.substring(0, jvm.agentJar.lastIndexOf('/') + 1) + "config/";
    String chosen = jvm.properties.get("skywalking_config");
    String path = chosen != null && !chosen.isEmpty() ? chosen : folder == null ? null : folder + "agent.config";
    boolean hasFile = path != null && readFile(path);
    if (!hasFile) assumeStock();
    if (folder != null) readFile(folder + "apm-trace-ignore-plugin.config");
    jvm.properties.forEach((name, value) -> {
      if (name.startsWith(PREFIX)) settings.put(name.substring(PREFIX.length()), new Setting(value, "-D" + name));
    });
    AgentArguments.parse(jvm.agentArguments).forEach((key, value) -> settings.put(key, new Setting(value, "the agent arguments")));
    // An empty value changes no default.
    if ((hasFile || !settings.isEmpty()) && get(IGNORE_SUFFIX).isEmpty()) settings.put(IGNORE_SUFFIX, new Setting(STOCK_SUFFIXES, "the default"));
  }

  public static SkyWalkingSettings read(Jvm jvm) {
    return new SkyWalkingSettings(jvm);
  }

  /** Empty when nobody set it. */
  public String get(String key) {
    Setting setting = settings.get(key);
    return setting == null ? "" : setting.value;
  }

  /** Where the value of a key that is set came from, in words. */
  public String source(String key) {
    return settings.get(key).source;
  }

  /** False, and nothing changed, when the file cannot be read. */
  private boolean readFile(String path) {
    Properties file = new Properties();
    try (Reader reader = new InputStreamReader(new FileInputStream(new File(path)), StandardCharsets.UTF_8)) {
      file.load(reader);
    } catch (IOException | RuntimeException unreadable) {
      return false;
    }
    for (String key : file.stringPropertyNames()) settings.put(key, new Setting(file.getProperty(key), path));
    try {
      for (String key : file.stringPropertyNames()) {
        Placeholders placeholders = new Placeholders(name -> lookup(name, file));
        file.setProperty(key, placeholders.resolve(file.getProperty(key)));
        settings.put(key, new Setting(file.getProperty(key), source(placeholders, path)));
      }
    } catch (IllegalArgumentException broken) {
      return true; // Its own agent stops here too: what follows, in this very order, keeps its placeholders.
    }
    return true;
  }

  private String lookup(String name, Properties file) {
    String property = jvm.properties.get(name);
    String value = property == null ? jvm.environment.get(name) : property;
    return value == null ? file.getProperty(name) : value;
  }

  private String source(Placeholders placeholders, String path) {
    if (placeholders.found.isEmpty()) return path;
    List<String> names = new ArrayList<>();
    for (String name : placeholders.found) names.add(variable(name));
    return String.join(", ", names) + " via " + path;
  }

  private void assumeStock() {
    stock().forEach((key, name) -> {
      String value = lookup(name, new Properties());
      if (value != null) settings.put(key, new Setting(value, variable(name)));
    });
  }

  private String variable(String name) {
    return jvm.properties.containsKey(name) ? "-D" + name : jvm.environment.containsKey(name) ? name : "key " + name;
  }

  /** The variable that the stock file (8.x, 9.x) reads a key from. */
  private static Map<String, String> stock() {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put(SERVICE_NAME, "SW_AGENT_NAME");
    variables.put(NAMESPACE, "SW_AGENT_NAMESPACE");
    variables.put(CLUSTER, "SW_AGENT_CLUSTER");
    variables.put(INSTANCE_NAME, "SW_AGENT_INSTANCE_NAME");
    variables.put(INSTANCE_PROPERTIES, "SW_INSTANCE_PROPERTIES_JSON");
    variables.put(ENABLE, "SW_AGENT_ENABLE");
    variables.put(IGNORE_SUFFIX, "SW_AGENT_IGNORE_SUFFIX");
    variables.put(IGNORE_PATH, "SW_AGENT_TRACE_IGNORE_PATH");
    return variables;
  }
}
