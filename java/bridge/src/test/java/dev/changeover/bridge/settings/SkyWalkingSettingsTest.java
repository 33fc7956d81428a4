package dev.changeover.bridge.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SkyWalkingSettingsTest {
  private final Map<String, String> properties = new HashMap<>();
  private final Map<String, String> environment = new HashMap<>();
  @TempDir private Path folder;

  private SkyWalkingSettings read(String arguments) {
    return SkyWalkingSettings.read(new Jvm(properties, environment, folder.resolve("skywalking-agent.jar").toString(), arguments));
  }

  private String name(String arguments) {
    SkyWalkingSettings settings = read(arguments);
    return settings.get(SkyWalkingSettings.SERVICE_NAME) + " from " + settings.source(SkyWalkingSettings.SERVICE_NAME);
  }

  private String write(String name, String... lines) throws IOException {
    Path file = folder.resolve("config").resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
    return file.toString();
  }

  @Test
  void asksArgumentsThenPropertiesThenTheFile() throws IOException {
    String file = write("agent.config", "agent.service_name=${SW_AGENT_NAME:default}");

    assertEquals("default from " + file, name(""));
    environment.put("SW_AGENT_NAME", "env");
    assertEquals("env from SW_AGENT_NAME via " + file, name(""));
    properties.put("SW_AGENT_NAME", "property");
    assertEquals("property from -DSW_AGENT_NAME via " + file, name(""));
    properties.put("skywalking.agent.service_name", "override");
    assertEquals("override from -Dskywalking.agent.service_name", name(""));
    assertEquals("args from the agent arguments", name("agent.service_name=args,collector.backend_service=oap:11800"));
  }

  @Test
  void doesNotAskTheEnvironmentForALiteral() throws IOException {
    String file = write("agent.config", "agent.service_name=literal");
    environment.put("SW_AGENT_NAME", "env");

    assertEquals("literal from " + file, name(""));
  }

  @Test
  void takesAFileThatIsGoneForTheStockOne() {
    environment.put("SW_AGENT_NAME", "env");
    environment.put("SW_AGENT_NAMESPACE", "");

    assertEquals("env from SW_AGENT_NAME", name(""));
    assertEquals("", read("").get(SkyWalkingSettings.NAMESPACE));
    assertEquals("", read("").get(SkyWalkingSettings.CLUSTER));
    properties.put("SW_AGENT_NAME", "property");
    assertEquals("property from -DSW_AGENT_NAME", name(""));
  }

  @Test
  void readsTheFileThatIsNamed() throws IOException {
    write("agent.config", "agent.service_name=beside");
    properties.put("skywalking_config", write("other.config", "agent.service_name = grüße\\u0021"));

    assertEquals("grüße! from " + properties.get("skywalking_config"), name(""));
  }

  @Test
  void survivesABrokenFile() throws IOException {
    environment.put("SW_AGENT_NAME", "env");
    write("agent.config", "agent.service_name=\\u12");

    assertEquals("env from SW_AGENT_NAME", name(""));
  }

  @Test
  void knowsWhatIsIgnoredByDefaultAndByThePlugin() throws IOException {
    assertTrue(read("agent.service_name=a").get(SkyWalkingSettings.IGNORE_SUFFIX).contains(".js,"));
    environment.put("SW_AGENT_TRACE_IGNORE_PATH", "/health");
    assertEquals("/health", read("").get(SkyWalkingSettings.IGNORE_PATH));
    write("apm-trace-ignore-plugin.config", "trace.ignore_path=${SW_AGENT_TRACE_IGNORE_PATH:/path},/eureka/**");
    assertEquals("/health,/eureka/**", read("").get(SkyWalkingSettings.IGNORE_PATH));
    assertTrue(read("agent.ignore_suffix=").get(SkyWalkingSettings.IGNORE_SUFFIX).contains(".js,"));
  }

  @Test
  void ignoresNothingInAJvmThatNeverHadSkyWalking() {
    assertEquals("", read("").get(SkyWalkingSettings.IGNORE_SUFFIX));
  }

  @Test
  void readsArgumentsAsTheAgentDoes() {
    assertEquals("{a=1,2, b=x=y}", AgentArguments.parse(",a='1,2',b=\"x=y\",,").toString());
    assertEquals("{a=1}", AgentArguments.parse("a=1,b,c=3").toString());
    assertEquals("{a=1}", AgentArguments.parse("a=1,b=2=3,c=3").toString());
    assertEquals("{a=it\"s}".replace("\"", ""), AgentArguments.parse("a=it's").toString());
    assertEquals("{a=}", AgentArguments.parse("a=").toString());
    assertEquals("{}", AgentArguments.parse(" ").toString());
  }

  @Test
  void resolvesPlaceholders() {
    Map<String, String> names = new HashMap<>();
    names.put("A", "1");
    names.put("REF", "${A}");
    names.put("LOOP", "${LOOP}");
    names.put("PING", "${PONG}");
    names.put("PONG", "${PING}");
    names.put("NAME", "A");
    names.put("C:d", "colon");
    String[][] rows = {
      {"plain", "plain"}, {"${A}", "1"}, {"x${A}y${A}z", "x1y1z"}, {"${B}", "${B}"}, {"${B:}", ""}, {"${B:2}", "2"}, {"${B:${A}}", "1"}, {"${B:${C:3}}", "3"},
      {"${REF}", "1"}, {"${${NAME}}", "1"}, {"${A", "${A"}, {"${B:{x}}", "{x}"}, {"${C:d}", "colon"}, {"${", "${"},
    };

    for (String[] row : rows) assertEquals(row[1], new Placeholders(names::get).resolve(row[0]), row[0]);
    for (String broken : Arrays.asList("${LOOP}", "x${PING}", "${B:${PONG}}", "${}", "${:x}")) {
      assertThrows(IllegalArgumentException.class, () -> new Placeholders(names::get).resolve(broken), broken);
    }
  }

  @Test
  void keepsAPlaceholderThatLeadsToItself() throws IOException {
    String file = write("agent.config", "agent.service_name=${agent.service_name:x}y");

    assertEquals("${agent.service_name:x}y from " + file, name(""));
  }

  @Test
  void doesNotTakeAnEmptyFileForTheStockOne() throws IOException {
    write("agent.config", "");
    environment.put("SW_AGENT_NAME", "env");

    assertEquals("", read("").get(SkyWalkingSettings.SERVICE_NAME));
    assertTrue(read("").get(SkyWalkingSettings.IGNORE_SUFFIX).contains(".js,"));
  }

  @Test
  void findsTheRunningAgentBehindALink() throws IOException {
    Path jar = Files.createFile(folder.resolve("opentelemetry-javaagent.jar"));
    Path link = Files.createSymbolicLink(folder.resolve("skywalking-agent.jar"), jar);

    assertEquals("", Jvm.current(jar.toFile()).agentJar);
    assertEquals("", Jvm.current(null).agentJar);
    assertEquals(link + "=a=b", Jvm.agentOption(Arrays.asList("-Xmx1m", "-javaagent:" + new File("/other.jar"), "-javaagent:" + link + "=a=b"), jar.toFile()));
    assertEquals("", Jvm.agentOption(Collections.singletonList("-javaagent:/nowhere.jar"), jar.toFile()));
  }
}
