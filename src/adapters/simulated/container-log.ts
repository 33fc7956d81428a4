import type { LoadedAgent } from './image-runtime.ts';

/** A line and when it is written, in milliseconds after the process started. */
export interface LogLine {
  readonly atMs: number;
  readonly text: string;
}

export interface LogStart {
  /** Agents that say that they start. */
  readonly agents: readonly LoadedAgent[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly readyMs: number;
}

/** Version of the agents in the simulated world. */
export const SIMULATED_AGENT_VERSIONS = { opentelemetry: '2.33.1', skywalking: '9.4.0' } as const;

/** What a Tomcat with this agent writes when it starts: the agents' own line formats. */
export function startLines(start: LogStart): readonly LogLine[] {
  return [...start.agents.flatMap((each) => agentLines(each, start.startedAt)), ...tomcatLines(start)];
}

/** The exit of a JVM whose agent jar is not where the option says. */
export function missingJarLines(jarPath: string): readonly string[] {
  return [
    `Error opening zip file or JAR manifest missing : ${jarPath}`,
    'Error occurred during initialization of VM',
    'agent library failed to init: instrument',
  ];
}

function agentLines({ agent, jarPath }: LoadedAgent, startedAt: number): readonly LogLine[] {
  const at = (ms: number): string => new Date(startedAt + ms).toISOString().slice(0, 23).replace('T', ' ');
  switch (agent) {
    case 'opentelemetry': {
      const stamp = `[otel.javaagent ${at(900).replace('.', ':')} +0000] [main] INFO`;
      const version = SIMULATED_AGENT_VERSIONS.opentelemetry;
      return [{ atMs: 900, text: `${stamp} io.opentelemetry.javaagent.tooling.VersionLogger - opentelemetry-javaagent - version: ${version}` }];
    }
    case 'skywalking': {
      const home = jarPath.slice(0, jarPath.lastIndexOf('/'));
      const stamp = at(400).replace('.', ':');
      return [
        {
          atMs: 400,
          text: `DEBUG ${stamp} main AgentPackagePath : The beacon class location is jar:file:${jarPath}!/org/apache/skywalking/apm/agent/core/boot/AgentPackagePath.class.`,
        },
        { atMs: 410, text: `INFO ${stamp} main SnifferConfigInitializer : Config file found in ${home}/config/agent.config.` },
      ];
    }
    default:
      return [];
  }
}

function tomcatLines(start: LogStart): readonly LogLine[] {
  const at = (ms: number): string => new Date(start.startedAt + ms).toISOString().slice(11, 23);
  const up = Math.max(1_200, start.readyMs - 500);
  return [
    { atMs: 1_100, text: `${at(1_100)} INFO [main] org.apache.catalina.startup.VersionLoggerListener.log Server version name: Apache Tomcat/10.1` },
    { atMs: up, text: `${at(up)} INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [${up}] milliseconds` },
  ];
}
