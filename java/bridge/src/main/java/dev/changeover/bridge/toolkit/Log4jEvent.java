package dev.changeover.bridge.toolkit;

import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.util.ReadOnlyStringMap;

/** Where a Log4j 2 event was made: the agent shows it in the event's context data. */
public final class Log4jEvent {
  private Log4jEvent() {}

  public static ToolkitIds ids(Object event) {
    ReadOnlyStringMap data = ((LogEvent) event).getContextData();
    return data == null ? ToolkitIds.current() : ToolkitIds.ofEvent(text(data, ToolkitIds.traceIdKey()), text(data, ToolkitIds.spanIdKey()));
  }

  private static String text(ReadOnlyStringMap data, String key) {
    Object value = data.getValue(key);
    return value == null ? null : value.toString();
  }
}
