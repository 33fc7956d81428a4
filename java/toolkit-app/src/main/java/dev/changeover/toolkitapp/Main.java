package dev.changeover.toolkitapp;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import org.apache.logging.log4j.LogManager;
import org.apache.skywalking.apm.toolkit.trace.ActiveSpan;
import org.apache.skywalking.apm.toolkit.trace.Trace;
import org.apache.skywalking.apm.toolkit.trace.TraceContext;
import org.skywalking.apm.toolkit.log.log4j.v1.x.TraceIdPatternConverter;
import org.slf4j.LoggerFactory;

/** Says everything that the toolkit can say, outside of a trace and within one, and ends. One line each, the first word tells what spoke. */
public final class Main {
  private static final String[] LOGBACK = {"logback", "logback-mdc", "logback-json", "logback-async"};
  private static final String[] LOG4J = {"log4j", "log4j-async"};

  private Main() {}

  /** @param headers sent with the one request, as {@code name=value} */
  public static void main(String[] headers) throws IOException {
    say("outside");
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> {
      say("inside");
      new Main().traced();
      exchange.sendResponseHeaders(204, -1);
      exchange.close();
    });
    server.start();
    System.out.println("status " + request(server.getAddress().getPort(), headers));
    server.stop(0);
    LogManager.shutdown();
    ((ch.qos.logback.classic.LoggerContext) LoggerFactory.getILoggerFactory()).stop();
    System.out.println("end");
  }

  @Trace(operationName = "not used")
  private void traced() {
    System.out.println("traced " + TraceContext.traceId() + " " + TraceContext.segmentId());
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

  private static int request(int port, String[] headers) throws IOException {
    HttpURLConnection request = (HttpURLConnection) URI.create("http://127.0.0.1:" + port + "/orders").toURL().openConnection();
    for (String header : headers) {
      request.setRequestProperty(header.substring(0, header.indexOf('=')), header.substring(header.indexOf('=') + 1));
    }
    return request.getResponseCode();
  }
}
