/** Jars that are no tracers: coverage, metrics, context propagation, weaving, test tools. They stay where they are. */
const harmless =
  /jacoco|jmx[_-](?:prometheus|exporter)|jolokia|transmittable-thread-local|\/ttl[^/]*\.jar|aspectj|spring-instrument|byteman|byte-buddy|mockito|arthas|async-profiler|hibernate|eclipselink|openjpa|blockhound/i;

/** Agents that trace or rewrite the same classes: never two in one JVM. Judged by the whole path, as several share jar names. */
const tracers: readonly (readonly [name: string, path: RegExp])[] = [
  ['Elastic APM', /elastic-apm-agent/i],
  ['Datadog', /dd-java-agent|datadog/i],
  ['New Relic', /newrelic/i],
  ['Pinpoint', /pinpoint|ArmsAgent|arms-bootstrap/i],
  ['AppDynamics', /appdynamics|AppServerAgent|appagent/i],
  ['Dynatrace', /dynatrace|oneagent/i],
  ['Instana', /instana/i],
  ['Glowroot', /glowroot/i],
  ['Contrast', /contrast/i],
  ['Sermant', /sermant/i],
];

/** Whether the agent jar at a path is known to be no tracer. */
export function isHarmless(jarPath: string): boolean {
  return harmless.test(jarPath.slice(jarPath.lastIndexOf('/')));
}

/** The product name of a tracing agent that is not one of ours; undefined when the path says nothing. */
export function otherTracer(path: string): string | undefined {
  return tracers.find(([, pattern]) => pattern.test(path))?.[0];
}
