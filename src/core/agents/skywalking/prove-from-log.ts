import type { LogProof } from '../agent.ts';

const stamp = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[:.,]\d{3}`;
const lines = [
  new RegExp(
    String.raw`^DEBUG ${stamp} \S+ AgentPackagePath : +The beacon class location is jar:file:\S+!/org/(?:apache/)?skywalking/apm/agent/core/boot/AgentPackagePath\.class\.`,
  ),
  new RegExp(String.raw`^INFO ${stamp} \S+ SnifferConfigInitializer : +Config file found in \S.*\.`),
  new RegExp(String.raw`^ERROR ${stamp} \S+ SnifferConfigInitializer : +Failed to read the config file, skywalking is going to run in default config\.`),
];

/**
 * SkyWalking's kernel prints these lines on standard output in every configuration: before it has read its settings, it has
 * no log file to write to (seen with 9.4.0, `logging.output=FILE`, `logging.level=OFF` and JSON).
 */
export function proveFromLog(log: string): LogProof | undefined {
  if (!log.includes('SnifferConfigInitializer : ') && !log.includes('AgentPackagePath : ')) return undefined;
  const line = log.split('\n').find((each) => lines.some((pattern) => pattern.test(each)));
  return line === undefined ? undefined : { agent: 'skywalking', line: line.trimEnd() };
}
