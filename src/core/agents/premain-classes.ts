import type { AgentId } from './agent.ts';

/** What a jar's Premain-Class says that it is. */
export type PremainAgent =
  | { readonly kind: 'agent'; readonly agent: AgentId }
  /** Another tracer: never beside ours. */
  | { readonly kind: 'tracer'; readonly name: string }
  /** No tracer: it stays where it is. */
  | { readonly kind: 'harmless'; readonly name: string };

const ttl = 'transmittable-thread-local';

const classes: { readonly [name: string]: PremainAgent } = {
  'org.apache.skywalking.apm.agent.SkyWalkingAgent': { kind: 'agent', agent: 'skywalking' },
  'io.opentelemetry.javaagent.OpenTelemetryAgent': { kind: 'agent', agent: 'opentelemetry' },
  'co.elastic.apm.agent.premain.AgentMain': { kind: 'tracer', name: 'Elastic APM' },
  'datadog.trace.bootstrap.AgentBootstrap': { kind: 'tracer', name: 'Datadog' },
  'datadog.trace.bootstrap.AgentPreCheck': { kind: 'tracer', name: 'Datadog' },
  'com.newrelic.bootstrap.BootstrapAgent': { kind: 'tracer', name: 'New Relic' },
  'com.navercorp.pinpoint.bootstrap.PinpointBootStrap': { kind: 'tracer', name: 'Pinpoint' },
  'com.singularity.ee.agent.appagent.AgentEntryPoint': { kind: 'tracer', name: 'AppDynamics' },
  'io.prometheus.jmx.JavaAgent': { kind: 'harmless', name: 'JMX exporter' },
  'io.prometheus.jmx.shaded.io.prometheus.jmx.JavaAgent': { kind: 'harmless', name: 'JMX exporter' },
  'org.jolokia.jvmagent.JvmAgent': { kind: 'harmless', name: 'Jolokia' },
  'org.aspectj.weaver.loadtime.Agent': { kind: 'harmless', name: 'AspectJ' },
  'org.springframework.instrument.InstrumentationSavingAgent': { kind: 'harmless', name: 'Spring' },
  'org.jboss.byteman.agent.Main': { kind: 'harmless', name: 'Byteman' },
  'com.alibaba.ttl.threadpool.agent.TtlAgent': { kind: 'harmless', name: ttl },
  'com.alibaba.ttl3.agent.TtlAgent': { kind: 'harmless', name: ttl },
};

/** The agent of a Premain-Class, whatever its jar is called; undefined for one that nobody knows. */
export function agentFromPremainClass(name: string): PremainAgent | undefined {
  // JaCoCo relocates its runtime into a package of each release's own.
  if (/^org\.jacoco\.agent\.rt\.internal_\w+\.PreMain$/.test(name)) return { kind: 'harmless', name: 'JaCoCo' };
  return Object.hasOwn(classes, name) ? classes[name] : undefined;
}
