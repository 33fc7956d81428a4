import type { AgentId, DetectedAgent } from '../agents/agent.ts';
import { agents } from '../agents/agents.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { listFiles } from '../image-report/list-files.ts';
import type { CarrierSource, JvmOption } from '../jvm/jvm-option.ts';
import { tokenize } from '../jvm/tokenize.ts';
import type { Policy } from '../policy/policy.ts';
import type { ContainerReading } from './read-container.ts';

const carriers = ['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS'] as const;
const FLAG = '-javaagent:';

/** Whether a policy moves an agent to another version of itself, or changes only what is around it. */
export function isUpgrade({ from, to }: Pick<Policy, 'from' | 'to'>): boolean {
  return from.agent === to.agent;
}

/**
 * The agents that run. An image of ours is seen as the one it was made from, so there a flag of the old agent stands for
 * the new one, and a flag that our image's ENV alone brings is added. Pure.
 */
export function runningAgents({ detected }: Pick<ContainerReading, 'detected'>, facts: ImageFacts | undefined): readonly DetectedAgent[] {
  const ours = facts?.ours;
  if (!facts || !ours) return detected;
  const agent = agents.find((each) => each.id === ours.agent)?.id;
  if (agent === undefined) return detected;
  const led = detected.map((each): DetectedAgent => (each.agent === 'unknown' ? each : { ...each, agent, version: ours.version, replaces: each.agent }));
  return led.some((each) => each.agent !== 'unknown') ? led : [...ownFlags(facts, agent), ...led];
}

/** Which of a container's agents a policy's `from` means: in an upgrade what runs, else what the images below ours carry. */
export function agentsMeant(reading: Pick<ContainerReading, 'detected'>, facts: ImageFacts | undefined, policy: Policy): readonly DetectedAgent[] {
  return isUpgrade(policy) ? runningAgents(reading, facts) : reading.detected;
}

/** The flags our image's ENV has and the original's has not. The jar is the old agent's where it still lies in the original: its place must stay led to us. */
function ownFlags(facts: ImageFacts, agent: AgentId): readonly DetectedAgent[] {
  const { ours, config } = facts;
  return carriers.flatMap((carrier) => {
    const text = ours?.env?.findLast(([name]) => name === carrier)?.[1] ?? '';
    const before = config.env.findLast(([name]) => name === carrier)?.[1] ?? '';
    const source: CarrierSource = { kind: 'image-env', name: carrier };
    return tokenize(text, 'tool-options')
      .tokens.filter((token) => token.text.startsWith(FLAG) && !before.includes(token.text))
      .slice(0, 1)
      .map(({ text: flag, start, end }): DetectedAgent => {
        const option: JvmOption = { carrier, source, text: flag, start, end, syntax: 'tool-options' };
        const jarPath = oldJar(facts) ?? flag.slice(FLAG.length);
        return { agent, option, jarPath, ...(ours ? { version: ours.version } : {}) };
      });
  });
}

/** The one jar of an agent we know in the image that ours was made from. */
function oldJar({ ours, ...facts }: ImageFacts): string | undefined {
  const { files } = facts;
  if (!files || !ours) return undefined;
  const paths = [...listFiles(files)].map((entry) => entry.path).filter((path) => /\/[^/]*agent[^/]*\.jar$/i.test(path));
  const options = paths.map((path): JvmOption => {
    const text = `${FLAG}${path}`;
    return { carrier: 'args', source: { kind: 'pod-args' }, text, start: 0, end: text.length, syntax: 'literal' };
  });
  const found = agents.flatMap((each) => each.detect({ options, jvm: 'yes', findings: [] }, facts));
  return found.length === 1 ? found[0]?.jarPath : undefined;
}
