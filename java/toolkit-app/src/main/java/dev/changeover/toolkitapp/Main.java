package dev.changeover.toolkitapp;

import java.io.IOException;
import org.apache.logging.log4j.LogManager;
import org.apache.skywalking.apm.toolkit.trace.ActiveSpan;
import org.apache.skywalking.apm.toolkit.trace.Trace;
import org.apache.skywalking.apm.toolkit.trace.TraceContext;
import org.skywalking.apm.toolkit.log.log4j.v1.x.TraceIdPatternConverter;
import org.slf4j.LoggerFactory;

/** Says everything that the toolkit can say, outside of a trace and within one, and ends. One line each; the first word tells what spoke. */
public final class Main {
  private static final String[] LOGBACK = {"logback", "logback-mdc", "logback-json", "logback-async"};
  private static final String[] LOG4J = {"log4j", "log4j-async"};

  private Main() {}

  /** @param headers sent with the one request, as {@code name=value} */
  public static void main(String[] headers) throws IOException {
    say("outside");
    if (Main.class.getClassLoader().getResource("com/sun/net/httpserver/HttpServer.class") == null) {
      new Main().traced();
    } else {
      System.out.println("status " + Orders.request(new Main()::traced, headers));
    }
    LogManager.shutdown();
    ((ch.qos.logback.classic.LoggerContext) LoggerFactory.getILoggerFactory()).stop();
    System.out.println("end");
  }

  @Trace
  private void traced() {
    say("inside");
    ActiveSpan.tag("customer", "c-7");
    ActiveSpan.info("half way");
    ActiveSpan.error(new IllegalStateException("on purpose"));
  }

  private static void say(String where) {
    System.out.println("ids " + where + " [" + TraceContext.traceId() + "] [" + TraceContext.segmentId() + "] [" + TraceContext.spanId() + "]");
    System.out.println("correlation " + where + " [" + TraceContext.getCorrelation("tenant").orElse("none") + "]");
    System.out.println("log4j1 " + where + " [" + new TraceIdPatternConverter().convert(where) + "]");
    for (String logger : LOGBACK) {
      LoggerFactory.getLogger(logger).info(where);
    }
    for (String logger : LOG4J) {
      LogManager.getLogger(logger).info(where);
    }
  }
}
