import type { Finding } from '../finding.ts';
import { formatReference, type ImageReference } from '../image/reference.ts';
import type { SourceImage } from '../image/source-image.ts';
import { refuse, type Refusal } from '../plan/delivery.ts';
import type { ChangeSubject } from '../plan/plan-change.ts';
import { codeFindings } from '../plan/plan-workload.ts';
import { bareContainer, bareWorkload } from './bare-workload.ts';
import { findAgents } from './find-agents.ts';
import type { AgentReport } from './image-report.ts';

/** What to change, and what stands against it whatever the mode of delivery. */
export interface ImageSubject {
  readonly kind: 'subject';
  readonly subject: ChangeSubject;
  readonly agent: AgentReport;
  readonly findings: readonly Finding[];
}

/**
 * An image as the subject of a change: run by a workload that adds nothing to it. Where the image holds the old agent and
 * none of its own options names it, a pod is taken to name it. `named` brings the tag that a new name is made of. Refused where it holds none.
 */
export function imageSubject(source: SourceImage, agent: string, named?: ImageReference): ImageSubject | Refusal {
  const { facts } = source.platforms[0];
  const { agents, reading } = findAgents(facts);
  // In an image of ours the old agent's place leads to ours.
  const old = agents.filter((each) => each.id === agent || (each.id !== 'unknown' && facts.ours?.agent === agent));
  const [first] = old;
  if (!first) return facts.files ? refuse('old-agent-absent', { agent }) : refuse('layers-not-scanned', { reason: facts.scanProblem ?? '' });
  const isNamed = old.some((each) => each.namedBy.length > 0);
  const { repository, digest } = source;
  const container = bareContainer(
    formatReference({ repository, ...(named?.tag === undefined ? {} : { tag: named.tag }), digest }),
    isNamed ? [] : old.map((each) => each.jarPath),
  );
  // An image that is there to copy the agent from: `cp` would leave a link that leads nowhere.
  const mayBeCopied: Finding = { id: 'agent-may-be-copied', severity: 'block', params: { path: first.jarPath } };
  return {
    kind: 'subject',
    subject: { workload: bareWorkload(container), container, configMaps: {}, source },
    agent: first,
    findings: [...(isNamed || reading.options.jvm === 'yes' ? [] : [mayBeCopied]), ...codeFindings(source)],
  };
}
