package org.apache.skywalking.apm.toolkit.log.log4j.v2.x;

import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.pattern.ConverterKeys;
import org.apache.logging.log4j.core.pattern.LogEventPatternConverter;

/** The toolkit's class as a later version might have it: a second method of the same name, for which the bridge's advice does not fit. */
@ConverterKeys("traceId")
public class TraceIdConverter extends LogEventPatternConverter {
  protected TraceIdConverter(String name, String style) {
    super(name, style);
  }

  public static TraceIdConverter newInstance(String[] options) {
    return new TraceIdConverter("traceId", "traceId");
  }

  @Override
  public void format(LogEvent event, StringBuilder line) {
    line.append("changed");
  }

  public void format(int width, Thread owner) {}
}
