package dev.changeover.bridge.toolkit;

import io.opentelemetry.javaagent.extension.instrumentation.InstrumentationModule;
import io.opentelemetry.javaagent.extension.instrumentation.TypeInstrumentation;
import java.util.Arrays;
import java.util.List;

/**
 * Gives the classes of SkyWalking's application toolkit (apm-toolkit-*) their meaning back. Without SkyWalking's agent they are no-ops by design: {@code TID: N/A} in
 * the log, {@code ""} for an id. Here they answer with the OpenTelemetry ids, in the texts that SkyWalking's agent wrote.
 *
 * <p>Every toolkit class is a shim of its own: one that is missing or has changed leaves the others at work. Switched off as a whole by {@code
 * otel.instrumentation.changeover-toolkit.enabled=false}.
 */
public final class ToolkitModule extends InstrumentationModule {
  static final String HERE = "dev.changeover.bridge.toolkit.";
  private static final String LOGBACK = "log.logback.v1.x.";
  private static final String LOG4J = "log.log4j.v2.x.";

  public ToolkitModule() {
    super("changeover-toolkit");
  }

  /** The classes that the advice calls: they are copied into the application's class loader, so they use nothing of ours but each other. */
  @Override
  public List<String> getAdditionalHelperClassNames() {
    return Arrays.asList(HERE + "ToolkitIds", HERE + "ToolkitSpan", HERE + "LogbackEvent", HERE + "Log4jEvent");
  }

  @Override
  public List<TypeInstrumentation> typeInstrumentations() {
    return Arrays.asList(
        new ToolkitShim("trace.TraceContext")
            .advise("traceId", "TraceContextAdvice$TraceId")
            .advise("segmentId", "TraceContextAdvice$SegmentId")
            .advise("spanId", "TraceContextAdvice$SpanId")
            .advise("getCorrelation", "TraceContextAdvice$GetCorrelation"),
        new ToolkitShim("trace.ActiveSpan")
            .advise("tag", "ActiveSpanAdvice")
            .advise("error", "ActiveSpanAdvice")
            .advise("info", "ActiveSpanAdvice")
            .advise("debug", "ActiveSpanAdvice")
            .advise("setOperationName", "ActiveSpanAdvice"),
        new ToolkitShim(LOGBACK + "LogbackPatternConverter").advise("convert", "LogbackAdvice$Tid"),
        new ToolkitShim(LOGBACK + "LogbackSkyWalkingContextPatternConverter").advise("convert", "LogbackAdvice$Context"),
        new ToolkitShim(LOGBACK + "mdc.LogbackMDCPatternConverter")
            .advise("convertTID", "LogbackAdvice$Tid")
            .advise("convertSkyWalkingContext", "LogbackAdvice$Context"),
        new ToolkitShim(LOGBACK + "logstash.TraceIdJsonProvider").advise("getTracingId", "LogbackAdvice$Tid"),
        new ToolkitShim(LOGBACK + "logstash.SkyWalkingContextJsonProvider").advise("getSkyWalkingContext", "LogbackAdvice$Context"),
        new ToolkitShim(LOG4J + "TraceIdConverter").advise("format", "Log4jAdvice$EventTid"),
        new ToolkitShim(LOG4J + "SkyWalkingContextConverter").advise("format", "Log4jAdvice$EventContext"),
        new ToolkitShim(LOG4J + "Log4j2OutputAppender").advise("append", "Log4jAdvice$Tid"),
        new ToolkitShim(LOG4J + "Log4j2SkyWalkingContextOutputAppender").advise("append", "Log4jAdvice$Context"),
        new ToolkitShim("log.log4j.v1.x.TraceIdPatternConverter").advise("convert", "Log4jAdvice$ReturnedTid"));
  }
}
