package dev.changeover.bridge.toolkit;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.Map;

/** Where a Logback event was made: the agent keeps it with the event and shows it in the event's MDC. */
public final class LogbackEvent {
  private LogbackEvent() {}

  public static ToolkitIds ids(Object event) {
    Map<String, String> mdc = ((ILoggingEvent) event).getMDCPropertyMap();
    return mdc == null ? ToolkitIds.current() : ToolkitIds.ofEvent(mdc.get(ToolkitIds.traceIdKey()), mdc.get(ToolkitIds.spanIdKey()));
  }
}
