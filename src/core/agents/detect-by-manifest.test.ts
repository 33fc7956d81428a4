import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../test/builders/image-facts.ts';
import { mergeLayers } from '../image/image-files.ts';
import { effectiveOptions } from '../jvm/effective-options.ts';
import type { AgentContext } from './agent.ts';
import { detectAgents } from './agents.ts';
import { otherAgentFindings } from './other-agent-findings.ts';

const SKYWALKING = 'org.apache.skywalking.apm.agent.SkyWalkingAgent';
const digest = `sha256:${'1'.repeat(64)}`;

/** A container whose JVM loads the jar at this path, which is an agent by this class. */
function loading(path: string, premainClass: string): AgentContext {
  const container = { name: 'app', image: 'app:1', command: ['java', `-javaagent:${path}`, '-jar', 'a.jar'] };
  const entries = [{ path, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 1 } as const];
  const files = mergeLayers([{ digest, entries, texts: {}, references: {}, premainClasses: { [path]: premainClass } }]);
  return { options: effectiveOptions({ container }), env: {}, image: { ...factsOf({}), files } };
}

describe('detection by the manifest of the jar', () => {
  it.each([
    ['/opt/monitoring.jar', SKYWALKING, 'skywalking'],
    ['/opt/jacocoagent.jar', SKYWALKING, 'skywalking'],
    ['/opt/probe.jar', 'io.opentelemetry.javaagent.OpenTelemetryAgent', 'opentelemetry'],
    ['/sw/skywalking-agent.jar', 'io.opentelemetry.javaagent.OpenTelemetryAgent', 'opentelemetry'],
    ['/otel/opentelemetry-javaagent.jar', SKYWALKING, 'skywalking'],
    ['/sw/skywalking-agent.jar', 'com.shop.Renamed', 'skywalking'],
    ['/opt/probe.jar', 'com.shop.Unknown', 'unknown'],
  ])('takes %s with %s for what it is', (path, premainClass, agent) => {
    expect(detectAgents(loading(path, premainClass)).map((each) => each.agent)).toEqual([agent]);
  });

  it('blocks another tracer whatever its jar is called, and lets what is no tracer be', () => {
    const tracer = otherAgentFindings(loading('/opt/jacoco.jar', 'datadog.trace.bootstrap.AgentBootstrap'));
    const metrics = otherAgentFindings(loading('/opt/datadog/exporter.jar', 'io.prometheus.jmx.JavaAgent'));

    expect(tracer).toEqual([{ id: 'other-agent', severity: 'block', params: { name: 'Datadog', path: '/opt/jacoco.jar' } }]);
    expect(metrics).toEqual([]);
  });
});
