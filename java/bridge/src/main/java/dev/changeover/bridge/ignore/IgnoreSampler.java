package dev.changeover.bridge.ignore;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import java.util.List;

/**
 * Drops the first span of a process where SkyWalking's ignore rules name it, and leaves everything else to the sampler behind. Children
 * follow their parent there: the default, {@code parentbased_*}, drops them too.
 */
public final class IgnoreSampler implements Sampler {
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
  private static final AttributeKey<String> PATH = AttributeKey.stringKey("url.path");
  private static final AttributeKey<String> URL = AttributeKey.stringKey("url.full");

  private final Sampler sampler;
  private final IgnoreRules rules;

  public IgnoreSampler(Sampler sampler, IgnoreRules rules) {
    this.sampler = sampler;
    this.rules = rules;
  }

  @Override
  public SamplingResult shouldSample(Context parent, String traceId, String name, SpanKind kind, Attributes attributes, List<LinkData> links) {
    SpanContext above = Span.fromContext(parent).getSpanContext();
    boolean first = !above.isValid() || above.isRemote();
    if (first && isIgnored(!above.isValid(), name, attributes)) return SamplingResult.drop();
    return sampler.shouldSample(parent, traceId, name, kind, attributes, links);
  }

  @Override
  public String getDescription() {
    return "SkyWalkingIgnore{" + sampler.getDescription() + "}";
  }

  private boolean isIgnored(boolean startsTrace, String name, Attributes attributes) {
    String path = path(attributes);
    if (path == null) return rules.ignoresSuffix(name) || (startsTrace && rules.ignoresPath(name));
    if (rules.ignoresSuffix(path)) return true;
    // SkyWalking names a request `GET:/path` since 8.8, and `/path` before.
    return startsTrace && (rules.ignoresPath(path) || rules.ignoresPath(attributes.get(METHOD) + ":" + path));
  }

  /** Of a request's URL; null where there is none. */
  private static String path(Attributes attributes) {
    String path = attributes.get(PATH);
    String url = path == null ? attributes.get(URL) : null;
    if (url == null) return path;
    int authority = url.indexOf("://");
    int start = authority < 0 ? -1 : url.indexOf('/', authority + 3);
    if (start < 0) return null;
    int end = start;
    while (end < url.length() && url.charAt(end) != '?' && url.charAt(end) != '#') end++;
    return url.substring(start, end);
  }
}
