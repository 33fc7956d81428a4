package dev.changeover.bridge.toolkit;

import static net.bytebuddy.matcher.ElementMatchers.isBridge;
import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.namedOneOf;
import static net.bytebuddy.matcher.ElementMatchers.not;

import io.opentelemetry.javaagent.extension.instrumentation.TypeInstrumentation;
import io.opentelemetry.javaagent.extension.instrumentation.TypeTransformer;
import java.util.LinkedHashMap;
import java.util.Map;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.matcher.ElementMatcher;

/** One class of the toolkit, under its package of today and the one it had before SkyWalking joined Apache, and what is advised in it. */
final class ToolkitShim implements TypeInstrumentation {
  private final String type;
  private final Map<String, String> adviceByMethod = new LinkedHashMap<>();

  /** @param type the class, relative to the toolkit's package */
  ToolkitShim(String type) {
    this.type = type;
  }

  /**
   * @param method its name; the bridge method that the compiler adds for a generic one is left out, for it calls this one
   * @param advice the class in this package
   */
  ToolkitShim advise(String method, String advice) {
    adviceByMethod.put(method, advice);
    return this;
  }

  @Override
  public ElementMatcher<TypeDescription> typeMatcher() {
    return namedOneOf("org.apache.skywalking.apm.toolkit." + type, "org.skywalking.apm.toolkit." + type);
  }

  @Override
  public void transform(TypeTransformer transformer) {
    adviceByMethod.forEach((method, advice) -> {
      ElementMatcher.Junction<MethodDescription> matcher = named(method);
      transformer.applyAdviceToMethod(matcher.and(not(isBridge())), ToolkitModule.HERE + advice);
    });
  }
}
