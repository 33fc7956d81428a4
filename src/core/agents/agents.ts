import type { AgentContext, AgentPlugin, DetectedAgent } from './agent.ts';
import { agentJars, detectedAgent, type AgentJar } from './agent-jar.ts';
import { opentelemetry } from './opentelemetry/opentelemetry.ts';
import { isHarmless } from './other-agents.ts';
import { skywalking } from './skywalking/skywalking.ts';

/** Every agent we can read, remove or install. */
export const agents: readonly AgentPlugin[] = [skywalking, opentelemetry];

/**
 * The tracing agents of a container: those we know first, then others as `unknown`, each group in the JVM's order. Agents
 * that are known to be no tracers (coverage, metrics, weaving) are left out.
 */
export function detectAgents({ options, image }: AgentContext): readonly DetectedAgent[] {
  const found = agents.flatMap((agent) => agent.detect(options, image));
  const known = found.toSorted((a, b) => options.options.indexOf(a.option) - options.options.indexOf(b.option));
  const unknown = agentJars(options, image).filter((jar) => !known.some((each) => each.option === jar.option) && !isKnownHarmless(jar));
  return [...known, ...unknown.map((jar) => detectedAgent('unknown', jar))];
}

function isKnownHarmless({ premain, jarPath }: AgentJar): boolean {
  return premain ? premain.kind === 'harmless' : isHarmless(jarPath);
}
