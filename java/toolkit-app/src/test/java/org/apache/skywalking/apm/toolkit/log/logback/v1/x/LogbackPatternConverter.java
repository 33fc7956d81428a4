package org.apache.skywalking.apm.toolkit.log.logback.v1.x;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;

/** The toolkit's class as a later version might have it: a second method of the same name, in which the bridge's advice fails at every call. */
public class LogbackPatternConverter extends ClassicConverter {
  @Override
  public String convert(ILoggingEvent event) {
    return convert("no event");
  }

  public String convert(String text) {
    return text;
  }
}
