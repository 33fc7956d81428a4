package dev.changeover.bridge.settings;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * Answers each case on standard input with what SkyWalking's kernel and what the bridge make of it, one line each. The jar of the kernel is on the class path, under
 * the name it has in a distribution; {@code config/} beside it is overwritten. Every case gets a fresh copy of the kernel's classes, as they hold settings in statics.
 *
 * <p>A line is words of a letter and base64 texts, {@code :} between them: {@code F:text} is agent.config, {@code A:arguments}, {@code P:name:value} a property,
 * {@code E:name:value} a variable. In answers {@code K} is a setting of the kernel, {@code C} a field of its Config, {@code B} a setting of the bridge,
 * {@code X} the error of a kernel that refuses to start.
 */
public final class SettingsMain {
  private static final String KERNEL = "org.apache.skywalking.apm.agent.core.conf.";
  private static final List<String> FIELDS =
      Arrays.asList("Agent.SERVICE_NAME", "Agent.NAMESPACE", "Agent.CLUSTER", "Agent.INSTANCE_NAME", "Agent.IGNORE_SUFFIX", "Agent.SAMPLE_N_PER_3_SECS", "Agent.ENABLE",
          "Agent.FORCE_TLS", "Agent.SPAN_LIMIT_PER_SEGMENT", "Collector.BACKEND_SERVICE", "Collector.GRPC_UPSTREAM_TIMEOUT");
  private static final List<String> KEYS =
      Arrays.asList(SkyWalkingSettings.SERVICE_NAME, SkyWalkingSettings.NAMESPACE, SkyWalkingSettings.CLUSTER, SkyWalkingSettings.INSTANCE_NAME,
          SkyWalkingSettings.INSTANCE_PROPERTIES, SkyWalkingSettings.ENABLE, SkyWalkingSettings.IGNORE_SUFFIX);

  private final Path jar;
  private final PrintStream out;

  private SettingsMain(Path jar, PrintStream out) {
    this.jar = jar;
    this.out = out;
  }

  /** @param args the kernel's jar */
  public static void main(String[] args) throws Exception {
    PrintStream answers = new PrintStream(System.out, false, "UTF-8");
    System.setOut(System.err);
    BufferedReader cases = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    SettingsMain main = new SettingsMain(new File(args[0]).toPath(), answers);
    for (String line = cases.readLine(); line != null; line = cases.readLine()) main.answer(line);
    answers.flush();
  }

  private void answer(String line) throws Exception {
    String arguments = "";
    Map<String, String> properties = new HashMap<>();
    Map<String, String> environment = new HashMap<>();
    for (String word : line.split(" ")) {
      String[] texts = word.split(":", -1);
      if (texts[0].equals("F")) write(decode(texts[1]));
      else if (texts[0].equals("A")) arguments = decode(texts[1]);
      else (texts[0].equals("P") ? properties : environment).put(decode(texts[1]), decode(texts[2]));
    }
    Map<String, String> real = realEnvironment();
    properties.forEach(System::setProperty);
    real.putAll(environment);
    StringBuilder answer = new StringBuilder();
    askKernel(arguments, answer);
    askBridge(arguments, answer);
    properties.keySet().forEach(System::clearProperty);
    real.keySet().removeAll(environment.keySet());
    out.println(answer.toString().trim());
  }

  private void write(String text) throws IOException {
    Path file = jar.resolveSibling("config").resolve("agent.config");
    Files.createDirectories(file.getParent());
    Files.write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  private void askKernel(String arguments, StringBuilder answer) throws Exception {
    try (URLClassLoader kernel = new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getSystemClassLoader().getParent())) {
      Class<?> initializer = kernel.loadClass(KERNEL + "SnifferConfigInitializer");
      try {
        initializer.getMethod("initializeCoreConfig", String.class).invoke(null, arguments);
      } catch (InvocationTargetException refused) {
        word(answer, "X", refused.getCause().toString());
      }
      Field settings = initializer.getDeclaredField("AGENT_SETTINGS");
      settings.setAccessible(true);
      Properties values = (Properties) settings.get(null);
      for (String key : values.stringPropertyNames()) word(answer, "K", key, values.getProperty(key));
      for (String field : FIELDS) {
        String[] names = field.split("\\.");
        word(answer, "C", field, String.valueOf(kernel.loadClass(KERNEL + "Config$" + names[0]).getField(names[1]).get(null)));
      }
    }
  }

  private void askBridge(String arguments, StringBuilder answer) {
    Map<String, String> properties = new HashMap<>();
    for (String name : System.getProperties().stringPropertyNames()) properties.put(name, System.getProperty(name));
    SkyWalkingSettings settings = SkyWalkingSettings.read(new Jvm(properties, System.getenv(), jar.toString(), arguments));
    for (String key : KEYS) word(answer, "B", key, settings.get(key));
  }

  /** The map behind {@code System.getenv()}: needs {@code --add-opens java.base/java.util=ALL-UNNAMED}. */
  @SuppressWarnings("unchecked")
  private static Map<String, String> realEnvironment() throws ReflectiveOperationException {
    Field map = System.getenv().getClass().getDeclaredField("m");
    map.setAccessible(true);
    return (Map<String, String>) map.get(System.getenv());
  }

  private static void word(StringBuilder answer, String kind, String... texts) {
    answer.append(' ').append(kind);
    for (String text : texts) answer.append(':').append(Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static String decode(String text) {
    return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
  }
}
