import type { LogProof } from '../agent.ts';

const MESSAGE = 'opentelemetry-javaagent - version: ';
const LONGEST_LINE = 4096;
const ownLogger =
  /^\[otel\.javaagent[^\]]*\] (?:\[[^\]]*\] )?INFO io\.opentelemetry\.javaagent\.tooling\.VersionLogger - opentelemetry-javaagent - version: (\S+)\s*$/;
/** `otel.javaagent.logging=application`: the application's own pattern, with the logger's name right before the message. */
const applicationLogger = /^(?:(?!otel\.javaagent|["'“]).)*?\b(?:\w+\.)*VersionLogger[\s\])]*[-:|]+\s*opentelemetry-javaagent - version: (\S+)\s*$/;
const jsonMessage = /^\{.*"opentelemetry-javaagent - version: ([^"\s]+)".*\}\s*$/;
const jsonLogger = '"io.opentelemetry.javaagent.tooling.VersionLogger"';

/** OpenTelemetry's agent prints its version once, through its own logger or, where so configured, the application's (seen with 2.33.1). */
export function proveFromLog(log: string): LogProof | undefined {
  let at = log.indexOf(MESSAGE);
  while (at >= 0) {
    const end = log.indexOf('\n', at);
    const line = log.slice(log.lastIndexOf('\n', at) + 1, end < 0 ? undefined : end).trimEnd();
    const version = line.length > LONGEST_LINE ? undefined : versionIn(line);
    if (version !== undefined) return { agent: 'opentelemetry', version, line };
    at = end < 0 ? -1 : log.indexOf(MESSAGE, end);
  }
  return undefined;
}

function versionIn(line: string): string | undefined {
  if (line.startsWith('{')) return line.includes(jsonLogger) ? jsonMessage.exec(line)?.[1] : undefined;
  return (ownLogger.exec(line) ?? applicationLogger.exec(line))?.[1];
}
