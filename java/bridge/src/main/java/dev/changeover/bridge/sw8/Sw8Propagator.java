package dev.changeover.bridge.sw8;

import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.context.propagation.TextMapSetter;
import io.opentelemetry.instrumentation.api.instrumenter.LocalRootSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

/**
 * Reads and writes SkyWalking's {@code sw8} header, so that spans of both agents share trace and parent ids wherever segments are
 * converted by the Collector's rules ({@link SkyWalkingIds}). Runs last among the propagators: it sees what the others found. A header
 * that SkyWalking would not accept, or whose ids have no counterpart, is absent. Never throws, whatever carrier, getter or setter do.
 */
public final class Sw8Propagator implements TextMapPropagator {
  /** Key of the W3C tracestate under which SkyWalking's own trace id travels over OpenTelemetry hops. */
  static final String STATE_KEY = "sw";
  private static final AttributeKey<String> SERVER_ADDRESS = AttributeKey.stringKey("server.address");
  private static final AttributeKey<Long> SERVER_PORT = AttributeKey.longKey("server.port");
  private static final int ENDPOINT_LENGTH = 150;
  private static final int PEER_LENGTH = 200;

  private final Sw8Options options;
  private final List<String> fields;

  public Sw8Propagator(Sw8Options options) {
    this.options = options;
    List<String> all = new ArrayList<>(options.writtenKeys);
    all.addAll(options.correlationKeys);
    this.fields = Collections.unmodifiableList(all);
  }

  /** Marks the spans whose parent this propagator found. */
  public static SpanProcessor callerAttributes() {
    return new Caller.Attributes();
  }

  @Override
  public Collection<String> fields() {
    return fields;
  }

  @Override
  public <C> Context extract(Context context, C carrier, TextMapGetter<C> getter) {
    Context before = context == null ? Context.root() : context;
    if (getter == null) return before;
    try {
      return extractFrom(before, carrier, getter);
    } catch (RuntimeException foreign) {
      return before;
    }
  }

  @Override
  public <C> void inject(Context context, C carrier, TextMapSetter<C> setter) {
    if (context == null || setter == null) return;
    try {
      injectInto(context, carrier, setter);
    } catch (RuntimeException foreign) {
      // A carrier that refuses the header goes without it.
    }
  }

  private <C> Context extractFrom(Context before, C carrier, TextMapGetter<C> getter) {
    Sw8Header header = readHeader(carrier, getter);
    SpanContext other = Span.fromContext(before).getSpanContext();
    SpanContext found = header == null || !wins(header, other) ? SpanContext.getInvalid() : spanContext(header, other);
    Context after = before;
    if (found.isValid()) after = Caller.store(before.with(Span.wrap(found)), found.getSpanId(), header);
    return options.correlationKeys.isEmpty() ? after : readCorrelation(after, carrier, getter, found.isValid());
  }

  /** The first valid header; one that a SkyWalking agent wrote beats those of an OpenTelemetry hop, which writes all of them at once. */
  private <C> Sw8Header readHeader(C carrier, TextMapGetter<C> getter) {
    Sw8Header crafted = null;
    for (String key : options.readKeys) {
      Sw8Header header = Sw8Header.parse(getter.get(carrier, key));
      if (header == null) continue;
      if (!SkyWalkingIds.isCrafted(header.segmentId)) return header;
      if (crafted == null) crafted = header;
    }
    return crafted;
  }

  /**
   * Whether {@code sw8} is the parent, and not what another propagator found. A SkyWalking agent forwards a traceparent it does not
   * know, so where it wrote the header it did so last; where an OpenTelemetry hop wrote both, a proxy may have refined the other.
   */
  private boolean wins(Sw8Header header, SpanContext other) {
    if (!other.isValid() || !other.isRemote() || options.prefer == Sw8Options.Prefer.SW8) return true;
    return options.prefer == Sw8Options.Prefer.AUTO && !SkyWalkingIds.isCrafted(header.segmentId);
  }

  /** Invalid when an id has no counterpart. */
  private static SpanContext spanContext(Sw8Header header, SpanContext other) {
    String traceId = SkyWalkingIds.traceIdOf(header.traceId);
    String spanId = SkyWalkingIds.spanIdOf(header.segmentId, header.spanId);
    TraceState state = other.isRemote() && other.getTraceId().equals(traceId) ? other.getTraceState() : TraceState.getDefault();
    // A value that a tracestate may not hold leaves it as it was.
    TraceState withId = header.traceId.equals(traceId) ? state : state.toBuilder().put(STATE_KEY, header.traceId).build();
    return SpanContext.createFromRemoteParent(traceId, spanId, TraceFlags.getSampled(), withId);
  }

  private <C> Context readCorrelation(Context context, C carrier, TextMapGetter<C> getter, boolean override) {
    Baggage baggage = Baggage.fromContext(context);
    Baggage read = baggage;
    for (String key : options.correlationKeys) read = Correlation.read(getter.get(carrier, key), read, override);
    return read.equals(baggage) ? context : context.with(read);
  }

  private <C> void injectInto(Context context, C carrier, TextMapSetter<C> setter) {
    Span span = Span.fromContext(context);
    SpanContext current = span.getSpanContext();
    // SkyWalking traces whatever carries the header: for a span that is dropped it would keep a child without a parent.
    if (!current.isValid() || !current.isSampled()) return;
    String segmentId = SkyWalkingIds.segmentIdOf(current.getSpanId());
    String header = Sw8Header.print(traceId(current), segmentId, Identity.current(), endpoint(context), peer(span));
    for (String key : options.writtenKeys) setter.set(carrier, key, header);
    if (options.correlationKeys.isEmpty()) return;
    String correlation = Correlation.print(Baggage.fromContext(context));
    if (!correlation.isEmpty()) for (String key : options.correlationKeys) setter.set(carrier, key, correlation);
  }

  /** SkyWalking's own id, where the trace has one: its logs and its UI then know one id from end to end. */
  private static String traceId(SpanContext current) {
    String kept = current.getTraceState().get(STATE_KEY);
    return kept != null && SkyWalkingIds.traceIdOf(kept).equals(current.getTraceId()) ? kept : current.getTraceId();
  }

  private static String endpoint(Context context) {
    Span root = LocalRootSpan.fromContextOrNull(context);
    return Identity.cut(root instanceof ReadableSpan ? ((ReadableSpan) root).getName() : null, ENDPOINT_LENGTH);
  }

  private static String peer(Span span) {
    if (!(span instanceof ReadableSpan)) return Identity.UNKNOWN;
    String address = ((ReadableSpan) span).getAttribute(SERVER_ADDRESS);
    Long port = ((ReadableSpan) span).getAttribute(SERVER_PORT);
    boolean whole = address != null && port != null;
    return Identity.cut(whole ? new StringBuilder(address.length() + 6).append(address).append(':').append(port.longValue()).toString() : address, PEER_LENGTH);
  }
}
