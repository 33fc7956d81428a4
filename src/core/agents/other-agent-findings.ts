import type { Finding } from '../finding.ts';
import type { AgentContext } from './agent.ts';
import { detectAgents } from './agents.ts';
import { otherTracer } from './other-agents.ts';

/**
 * What stands beside our agents in the JVM: `other-agent` (block) for other tracers, also native ones and preloaded
 * libraries, since two of them break each other's classes; `unknown-agent` (warn) for jars we cannot name.
 */
export function otherAgentFindings(context: AgentContext): readonly Finding[] {
  const jars = detectAgents(context)
    .filter((each) => each.agent === 'unknown')
    .map(({ jarPath, product }) => ({ path: jarPath, name: product ?? otherTracer(jarPath) }));
  const native = context.options.options
    .filter((option) => option.text.startsWith('-agentpath:'))
    .map((option) => option.text.slice('-agentpath:'.length).split('=')[0] ?? '');
  const preloaded = (context.env['LD_PRELOAD'] ?? '').split(/[ :]+/);
  const found = [...jars, ...[...native, ...preloaded].map((path) => ({ path, name: otherTracer(path) }))].flatMap(({ name, path }): readonly Finding[] =>
    name === undefined ? [] : [{ id: 'other-agent', severity: 'block', params: { name, path } }],
  );
  const unnamed = jars.filter((jar) => jar.name === undefined);
  return [...found, ...unnamed.map(({ path }): Finding => ({ id: 'unknown-agent', severity: 'warn', params: { path } }))];
}
