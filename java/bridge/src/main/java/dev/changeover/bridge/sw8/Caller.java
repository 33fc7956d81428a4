package dev.changeover.bridge.sw8;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;

/** The SkyWalking caller a context came from, carried to the span that is its child. */
final class Caller {
  private static final ContextKey<Caller> KEY = ContextKey.named("changeover-sw8-caller");

  private final String spanId;
  private final Sw8Header header;

  private Caller(String spanId, Sw8Header header) {
    this.spanId = spanId;
    this.header = header;
  }

  static Context store(Context context, String spanId, Sw8Header header) {
    return context.with(KEY, new Caller(spanId, header));
  }

  /** Says on a span whose parent came in through {@code sw8} what only that header knew: SkyWalking's own trace id, and who called. */
  static final class Attributes implements SpanProcessor {
    static final AttributeKey<String> TRACE_ID = AttributeKey.stringKey("sw8.trace_id");
    static final AttributeKey<String> PARENT_SERVICE = AttributeKey.stringKey("sw8.parent_service");

    @Override
    public void onStart(Context context, ReadWriteSpan span) {
      Caller caller = context.get(KEY);
      if (caller == null) return;
      SpanContext parent = span.getParentSpanContext();
      // The key lives on in the contexts of all descendants: only the first span has the caller for its parent.
      if (!parent.isRemote() || !parent.getSpanId().equals(caller.spanId)) return;
      span.setAttribute(TRACE_ID, caller.header.traceId);
      span.setAttribute(PARENT_SERVICE, caller.header.service);
    }

    @Override
    public boolean isStartRequired() {
      return true;
    }

    @Override
    public void onEnd(ReadableSpan span) {}

    @Override
    public boolean isEndRequired() {
      return false;
    }
  }
}
