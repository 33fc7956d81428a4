package dev.changeover.bridge.toolkit;

import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import java.util.Optional;

/** What the application says about its active span, said to OpenTelemetry's current span. */
public final class ToolkitSpan {
  private static final AttributeKey<String> MESSAGE = AttributeKey.stringKey("message");

  private ToolkitSpan() {}

  /**
   * @param method a method of the toolkit's ActiveSpan
   * @param arguments what it was called with; anything else than what we know is left alone
   */
  public static void say(String method, Object[] arguments) {
    Span span = Span.current();
    Object first = arguments.length > 0 ? arguments[0] : null;
    if (method.equals("tag")) {
      tag(span, arguments);
    } else if (method.equals("setOperationName")) {
      rename(span, first);
    } else {
      log(span, method, first);
    }
  }

  /** The value that travels with the trace, empty where SkyWalking's would be. */
  public static Optional<String> correlation(String key) {
    return Optional.ofNullable(key == null ? null : Baggage.current().getEntryValue(key));
  }

  private static void tag(Span span, Object[] arguments) {
    if (arguments.length == 2 && arguments[0] instanceof String && arguments[1] instanceof String) {
      span.setAttribute((String) arguments[0], (String) arguments[1]);
    }
  }

  private static void rename(Span span, Object name) {
    if (name instanceof String) {
      span.updateName((String) name);
    }
  }

  private static void log(Span span, String level, Object what) {
    if (level.equals("error")) {
      span.setStatus(StatusCode.ERROR);
    }
    if (what instanceof Throwable) {
      span.recordException((Throwable) what);
    } else if (what instanceof String) {
      span.addEvent(level, Attributes.of(MESSAGE, (String) what));
    }
  }
}
