import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPremainClass } from '../../src/adapters/files/agent-jar.ts';
import type { AgentContext } from '../../src/core/agents/agent.ts';
import { detectAgents } from '../../src/core/agents/agents.ts';
import { otherAgentFindings } from '../../src/core/agents/other-agent-findings.ts';
import { agentFromPremainClass, type PremainAgent } from '../../src/core/agents/premain-classes.ts';
import { skywalking } from '../../src/core/agents/skywalking/skywalking.ts';
import { effectiveOptions } from '../../src/core/jvm/effective-options.ts';
import { replaceAgentFlag } from '../../src/core/jvm/remove-agent.ts';
import { fetchAgentJar } from './agent-jars.ts';

const agent = (name: 'skywalking' | 'opentelemetry'): PremainAgent => ({ kind: 'agent', agent: name });
const tracer = (name: string): PremainAgent => ({ kind: 'tracer', name });
const harmless = (name: string): PremainAgent => ({ kind: 'harmless', name });

const published: readonly (readonly [artifact: string, expected: PremainAgent])[] = [
  ['org.apache.skywalking:apm-agent:9.4.0', agent('skywalking')],
  ['io.opentelemetry.javaagent:opentelemetry-javaagent:2.33.1', agent('opentelemetry')],
  ['co.elastic.apm:elastic-apm-agent:1.55.1', tracer('Elastic APM')],
  ['com.datadoghq:dd-java-agent:1.68.1', tracer('Datadog')],
  ['com.newrelic.agent.java:newrelic-agent:8.19.0', tracer('New Relic')],
  ['org.jacoco:org.jacoco.agent:0.8.12:jar:runtime', harmless('JaCoCo')],
  ['com.alibaba:transmittable-thread-local:2.14.5', harmless('transmittable-thread-local')],
  ['io.prometheus.jmx:jmx_prometheus_javaagent:0.20.0', harmless('JMX exporter')],
  ['org.jolokia:jolokia-agent-jvm:2.1.1:jar:javaagent', harmless('Jolokia')],
  ['org.aspectj:aspectjweaver:1.9.22', harmless('AspectJ')],
];
const jars = published.flatMap(([artifact, expected]) => {
  const path = fetchAgentJar(artifact);
  return path === undefined ? [] : [{ path, expected }];
});

describe('the agents of Maven Central', () => {
  it('are at hand', () => {
    expect(jars.length).toBeGreaterThan(published.length / 2);
  });

  it.each(jars)('are known by their manifest: $path', ({ path, expected }) => {
    expect(agentFromPremainClass(readPremainClass(readFileSync(path)) ?? '')).toEqual(expected);
  });

  it.each(jars)('are known by their path, with no jar to read: $path', ({ path, expected }) => {
    const context = contextOf([path]);

    const detected = detectAgents(context).map((each) => each.agent);
    const others = otherAgentFindings(context).map(({ id, severity, params }) => [id, severity, params['name']]);

    expect(detected).toEqual(expected.kind === 'harmless' ? [] : [expected.kind === 'agent' ? expected.agent : 'unknown']);
    expect(others).toEqual(expected.kind === 'tracer' ? [['other-agent', 'block', expected.name]] : []);
  });

  it('stay in their order where ours takes its place among them', () => {
    const kept = jars.filter(({ expected }) => expected.kind === 'harmless').map(({ path }) => `-javaagent:${path}`);
    const old = '/skywalking/agent/skywalking-agent.jar';
    const [first = '', ...rest] = kept.toSorted((a, b) => Number(b.includes('transmittable')) - Number(a.includes('transmittable')));
    const before = [first, `-javaagent:${old}=agent.service_name=a`, ...rest].join(' ');

    const { text } = replaceAgentFlag(before, 'tool-options', { jarPath: old, agent: skywalking, newJarPath: '/otel/javaagent.jar' });

    expect(first).toContain('transmittable-thread-local');
    expect(text).toBe([first, '-javaagent:/otel/javaagent.jar', ...rest].join(' '));
  });
});

function contextOf(paths: readonly string[]): AgentContext {
  const command = ['java', ...paths.map((path) => `-javaagent:${path}`), '-jar', 'a.jar'];
  return { options: effectiveOptions({ container: { name: 'app', image: 'app:1', command } }), env: {} };
}
