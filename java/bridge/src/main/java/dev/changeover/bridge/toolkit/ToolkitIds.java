package dev.changeover.bridge.toolkit;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;

/**
 * The ids of one place in a trace, in the texts of SkyWalking's agent. A copy lives in the application's class loader, which cannot see the extension: what the
 * extension knows comes over in system properties.
 *
 * <p>A span of OpenTelemetry is span 0 of a segment named after it, as in the sw8 header that the bridge writes; so both ids together name exactly that span.
 */
public final class ToolkitIds {
  static final String SERVICE = "changeover.toolkit.service";
  static final String INSTANCE = "changeover.toolkit.instance";
  static final String TRACE_ID_KEY = "changeover.toolkit.trace-id-key";
  static final String SPAN_ID_KEY = "changeover.toolkit.span-id-key";
  /** What SkyWalking's agent says outside of every trace. */
  static final String NONE = "N/A";

  private final String trace;
  private final String span;

  private ToolkitIds(String trace, String span) {
    this.trace = trace;
    this.span = span;
  }

  /** The place of the thread that calls. */
  public static ToolkitIds current() {
    SpanContext context = Span.current().getSpanContext();
    return context.isValid() ? new ToolkitIds(context.getTraceId(), context.getSpanId()) : new ToolkitIds(null, null);
  }

  /**
   * The place where a log event was made, which is not the caller's when an asynchronous appender writes it.
   *
   * @param traceId the event's value for {@link #traceIdKey()}, or null
   * @param spanId the event's value for {@link #spanIdKey()}, or null
   */
  static ToolkitIds ofEvent(String traceId, String spanId) {
    return isHex(traceId, 32) && isHex(spanId, 16) ? new ToolkitIds(traceId, spanId) : current();
  }

  static String traceIdKey() {
    return System.getProperty(TRACE_ID_KEY, "trace_id");
  }

  static String spanIdKey() {
    return System.getProperty(SPAN_ID_KEY, "span_id");
  }

  public String traceId() {
    return trace == null ? NONE : trace;
  }

  public String segmentId() {
    return span == null ? NONE : span + "0000000000000000";
  }

  public int spanId() {
    return span == null ? -1 : 0;
  }

  /** As in {@code TID:0af7651916cd43dd8448eb211c80319c}. */
  public String tid() {
    return "TID:" + traceId();
  }

  /** As in {@code SW_CTX:[service,instance,trace,segment,span]}. */
  public String context() {
    String service = System.getProperty(SERVICE, NONE);
    String instance = System.getProperty(INSTANCE, NONE);
    return "SW_CTX:[" + service + "," + instance + "," + traceId() + "," + segmentId() + "," + spanId() + "]";
  }

  private static boolean isHex(String value, int length) {
    if (value == null || value.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }
}
