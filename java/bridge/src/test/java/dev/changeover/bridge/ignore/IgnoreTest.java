package dev.changeover.bridge.ignore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import java.time.Duration;
import java.util.Collections;
import org.junit.jupiter.api.Test;

class IgnoreTest {
  private static final String TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
  private static final Attributes PAGE = request("/shop/page");
  private static final Attributes SCRIPT = request("/static/app.js");

  private final Sampler sampler = new IgnoreSampler(Sampler.parentBased(Sampler.alwaysOn()), new IgnoreRules(".js,.css", "/eureka/**,GET:/health,job.*"));

  private static Attributes request(String path) {
    return Attributes.of(AttributeKey.stringKey("http.request.method"), "GET", AttributeKey.stringKey("url.path"), path);
  }

  private static Context parent(boolean remote, boolean sampled) {
    TraceFlags flags = sampled ? TraceFlags.getSampled() : TraceFlags.getDefault();
    SpanContext context = remote
        ? SpanContext.createFromRemoteParent(TRACE_ID, "b7ad6b7169203331", flags, TraceState.getDefault())
        : SpanContext.create(TRACE_ID, "b7ad6b7169203331", flags, TraceState.getDefault());
    return Context.root().with(Span.wrap(context));
  }

  private boolean keeps(Context parent, String name, SpanKind kind, Attributes attributes) {
    return sampler.shouldSample(parent, TRACE_ID, name, kind, attributes, Collections.emptyList()).getDecision() == SamplingDecision.RECORD_AND_SAMPLE;
  }

  @Test
  void dropsWhatSkyWalkingIgnored() {
    assertTrue(keeps(Context.root(), "GET", SpanKind.SERVER, PAGE));
    assertFalse(keeps(Context.root(), "GET", SpanKind.SERVER, SCRIPT));
    assertFalse(keeps(Context.root(), "GET", SpanKind.SERVER, request("/eureka/apps")));
    assertFalse(keeps(Context.root(), "GET", SpanKind.SERVER, request("/health")));
    assertTrue(keeps(Context.root(), "GET", SpanKind.SERVER, request("/healthy")));
  }

  @Test
  void dropsATraceThatABackgroundCallOrJobWouldStart() {
    Attributes call = Attributes.of(AttributeKey.stringKey("url.full"), "http://eureka:8761/eureka/apps?a=/b.html#c");

    assertFalse(keeps(Context.root(), "GET", SpanKind.CLIENT, call));
    assertFalse(keeps(Context.root(), "job.clean", SpanKind.INTERNAL, Attributes.empty()));
    assertTrue(keeps(Context.root(), "other.clean", SpanKind.INTERNAL, Attributes.empty()));
    assertTrue(keeps(Context.root(), "GET", SpanKind.CLIENT, Attributes.of(AttributeKey.stringKey("url.full"), "http://a.js")));
  }

  @Test
  void asksThePathOnlyWhereATraceStartsAndTheSuffixOfEveryRequest() {
    assertTrue(keeps(parent(true, true), "GET", SpanKind.SERVER, request("/health")));
    assertFalse(keeps(parent(true, true), "GET", SpanKind.SERVER, SCRIPT));
  }

  @Test
  void leavesSpansInsideTheProcessToTheSamplerBehind() {
    assertTrue(keeps(parent(false, true), "GET", SpanKind.CLIENT, SCRIPT));
    assertFalse(keeps(parent(false, false), "GET", SpanKind.CLIENT, PAGE));
    assertEquals("SkyWalkingIgnore{ParentBased{root:AlwaysOnSampler,remoteParentSampled:AlwaysOnSampler,remoteParentNotSampled:AlwaysOffSampler,"
        + "localParentSampled:AlwaysOnSampler,localParentNotSampled:AlwaysOffSampler}}", sampler.getDescription());
  }

  @Test
  void knowsAnEmptyList() {
    assertTrue(new IgnoreRules("", "").isEmpty());
    assertFalse(new IgnoreRules(".js", "").isEmpty());
    assertFalse(new IgnoreRules("", "/a").ignoresSuffix("/a"));
  }

  @Test
  void matchesPathsAsTheTraceIgnorePlugin() {
    matches("/eureka/*", "/eureka/apps", "/eureka/");
    differs("/eureka/*", "/eureka/apps/", "/eureka/apps/list", "/eureka");
    matches("/eureka/*/", "/eureka/apps/", "/eureka//");
    differs("/eureka/*/", "/eureka/", "/eureka/apps", "/eureka/apps/list/");
    matches("/eureka/**", "/eureka/", "/eureka/apps", "/eureka/apps/list");
    differs("/eureka/**", "/eureka", "/eureka/apps/");
    matches("/a/**/d", "/a/b/c/d", "/a//d");
    differs("/a/**/d", "/a/d", "/a/b/c/d/");
    matches("/a/?/c", "/a/b/c");
    differs("/a/?/c", "/a//c", "/a/bb/c", "/a///c");
    matches("GET:/x.y(z)", "GET:/x.y(z)");
    differs("GET:/x.y", "GET:/xzy", "get:/x.y");
    matches("**", "", "a", "/a/b");
    matches("/**/*.do", "/a/b.do");
    matches("", "");
  }

  @Test
  void isNotSlowForAnyPath() {
    String path = new String(new char[8000]).replace('\0', 'a');

    assertTimeoutPreemptively(Duration.ofSeconds(5), () -> differs("/**a**a**a**a**a**b", "/" + path));
  }

  private static void matches(String pattern, String... paths) {
    for (String path : paths) assertTrue(new PathPattern(pattern).matches(path), pattern + " " + path);
  }

  private static void differs(String pattern, String... paths) {
    for (String path : paths) assertFalse(new PathPattern(pattern).matches(path), pattern + " " + path);
  }
}
