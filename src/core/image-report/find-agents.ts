import type { DetectedAgent } from '../agents/agent.ts';
import { finalPath } from '../agents/agent-jar.ts';
import type { Finding } from '../finding.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { readAgentSettings } from '../plan/plan-settings.ts';
import { readContainer, type ContainerReading } from '../plan/read-container.ts';
import { summariseAgent } from '../plan/scan-item.ts';
import { redactValue } from '../redact.ts';
import { bareContainer } from './bare-workload.ts';
import type { AgentReport } from './image-report.ts';
import { listFiles } from './list-files.ts';

/** Names of agents' jars; what they are is then judged as for a flag that names them. */
const agentJar = /\/[^/]*agent[^/]*\.jar$/i;

/** The agents an image holds: those its own options start, and those whose jars lie in it for a pod to name. */
export interface AgentsFound {
  readonly reading: ContainerReading;
  readonly agents: readonly AgentReport[];
  /** What is to be said of their settings. */
  readonly findings: readonly Finding[];
}

/** Finds the agents of an image, each jar once under the path where it really lies. Pure. */
export function findAgents(facts: ImageFacts): AgentsFound {
  const reading = readContainer(bareContainer('image'), { facts, configMaps: {} });
  const named = new Set(reading.detected.map((each) => realPath(facts, each.jarPath)));
  const jars = facts.files ? [...listFiles(facts.files)].map((entry) => entry.path).filter((path) => agentJar.test(path)) : [];
  const unnamed = [...new Set(jars.map((path) => realPath(facts, path)))].filter((path) => !named.has(path));
  // A JVM is started, as the pod that names the jar would start one.
  const idle = readContainer({ ...bareContainer('image', unnamed), command: ['java'] }, { facts, configMaps: {} });
  const held = idle.detected.filter((each) => each.option.source.kind === 'pod-env' && each.agent !== 'unknown');
  const found = [...groupByJar(facts, reading, reading.detected), ...groupByJar(facts, idle, held)];
  const paths = [...new Set([...jars, ...reading.detected.map((each) => each.jarPath)])].sort();
  const linksTo = (jar: string): readonly string[] => paths.filter((path) => path !== jar && realPath(facts, path) === jar);
  return {
    reading,
    agents: found.map(({ agent }) => ({ ...agent, links: linksTo(agent.jarPath) })),
    findings: found.flatMap((each) => each.findings),
  };
}

interface FoundAgent {
  readonly agent: AgentReport;
  readonly findings: readonly Finding[];
}

function groupByJar(facts: ImageFacts, reading: ContainerReading, detected: readonly DetectedAgent[]): readonly FoundAgent[] {
  const paths = [...new Set(detected.map((each) => realPath(facts, each.jarPath)))];
  return paths.flatMap((jarPath): readonly FoundAgent[] => {
    const same = detected.filter((each) => realPath(facts, each.jarPath) === jarPath);
    const [first] = same;
    if (!first) return [];
    const settings = readAgentSettings(reading, first);
    const namedBy = same.filter((each) => each.option.source.kind !== 'pod-env').map((each) => summariseAgent(each, settings).source);
    const version = first.version === undefined ? {} : { version: first.version };
    const agent: AgentReport = { id: first.agent, ...version, jarPath, links: [], namedBy: [...new Set(namedBy)], settings: mask(settings.values) };
    return [{ agent, findings: settings.findings }];
  });
}

function mask(settings: AgentReport['settings']): AgentReport['settings'] {
  return Object.fromEntries(Object.entries(settings).map(([key, setting]) => [key, { ...setting, value: redactValue(key, setting.value) }]));
}

function realPath({ files }: ImageFacts, path: string): string {
  return (files && finalPath(files, path)) ?? path;
}
