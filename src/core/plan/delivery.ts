import type { AgentPlugin, DetectedAgent } from '../agents/agent.ts';
import { agents } from '../agents/agents.ts';
import type { Finding } from '../finding.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import type { LayerChange } from '../image/path-layer.ts';
import type { Json } from '../json.ts';
import type { ConfigMaps } from '../jvm/effective-env.ts';
import type { Policy } from '../policy/policy.ts';
import type { Edit } from '../workload/edit.ts';
import type { Container, Workload } from '../workload/workload.ts';
import { readContainer, type ContainerReading } from './read-container.ts';
import { agentsMeant, isUpgrade } from './running-agents.ts';

export type DeliveryMode = 'takeover' | 'image';

/** The policy's `image.files`: contents by their name below `<home>/files/`. */
export interface PolicyFiles {
  readonly [name: string]: Uint8Array;
}

/** One container with one platform of its image. */
export interface DeliverySubject {
  readonly workload: Workload;
  readonly container: Container;
  readonly facts: ImageFacts;
  readonly configMaps: ConfigMaps;
  readonly policy: Policy;
  readonly files: PolicyFiles;
}

/** What a mode of delivery is asked: whether it can replace the old agent of this container, and how. */
export interface DeliveryQuestion extends DeliverySubject {
  readonly reading: ContainerReading;
  /** The old agent's flags; all lead to the same jar. */
  readonly old: readonly [DetectedAgent, ...DetectedAgent[]];
  /** Which system properties go with the old agent. */
  readonly plugin: Pick<AgentPlugin, 'ownsProperty'>;
}

/** How a mode delivers. Paths are absolute. */
export interface PossibleDelivery {
  readonly kind: 'possible';
  /** The per-path layer. */
  readonly changes: readonly LayerChange[];
  /** Variables of the image with their new values. */
  readonly imageEnv: { readonly [name: string]: string };
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** Edits of the old agent's options in the pod template. */
  readonly podEdits: readonly Edit[];
  readonly removes: readonly string[];
  readonly stays: readonly string[];
  readonly findings: readonly Finding[];
}

export interface Refusal {
  readonly kind: 'refused';
  readonly finding: Finding;
}

export type DeliveryAnswer = PossibleDelivery | Refusal;

/** Finds the agent to replace; refused where this container does not carry exactly it. */
export function askDelivery(subject: DeliverySubject): { readonly kind: 'question'; readonly question: DeliveryQuestion } | Refusal {
  const { policy } = subject;
  const reading = readContainer(subject.container, subject);
  const meant = agentsMeant(reading, subject.facts, policy);
  const [first, ...more] = meant.filter((each) => each.agent === policy.from.agent);
  const plugin = agents.find((each) => each.id === (first?.replaces ?? policy.from.agent));
  if (!first || !plugin) return refuse('platforms-differ', { architecture: subject.facts.config.architecture });
  const paths = [...new Set([first, ...more].map((each) => each.jarPath))];
  const places = new Set(paths.map((path) => subject.facts.files?.physicalPath(path) ?? path));
  if (places.size > 1) return refuse('several-old-agents', { paths });
  const present = meant.find((each) => each.agent === policy.to.agent);
  if (present && !isUpgrade(policy)) return refuse('target-agent-present', { path: present.jarPath });
  // The new agent's own settings are its settings still.
  return {
    kind: 'question',
    question: { ...subject, reading, old: [first, ...more], plugin: plugin.id === policy.to.agent ? { ownsProperty: () => false } : plugin },
  };
}

/** The new agent's jar. */
export function newJarPath(policy: Policy): string {
  return `${policy.to.home}/agent/javaagent.jar`;
}

/** The symlink at the old jar's path: the old flag then loads the new agent. */
export function standIn({ policy }: DeliveryQuestion, path: string): LayerChange {
  return { kind: 'symlink', path, target: newJarPath(policy) };
}

/** A mode that cannot be taken, with the first condition that fails. */
export function refuse(id: string, params: { readonly [name: string]: Json }): Refusal {
  return { kind: 'refused', finding: { id, severity: 'block', params } };
}
