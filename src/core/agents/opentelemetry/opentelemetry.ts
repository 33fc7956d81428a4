import type { ImageFacts } from '../../image/image-facts.ts';
import type { EffectiveOptions } from '../../jvm/effective-options.ts';
import type { AgentPlugin, DetectedAgent } from '../agent.ts';
import { agentJars, detectedAgent, type AgentJar } from '../agent-jar.ts';
import { proveFromLog } from './prove-from-log.ts';
import { readSettings } from './read-settings.ts';

/** The OpenTelemetry Java agent and the distributions built on it. */
export const opentelemetry: AgentPlugin = { id: 'opentelemetry', detect, readSettings, proveFromLog, ownsProperty };

function detect(options: EffectiveOptions, image?: ImageFacts): readonly DetectedAgent[] {
  return agentJars(options, image)
    .filter(isOpenTelemetry)
    .map((jar) => detectedAgent('opentelemetry', jar));
}

function isOpenTelemetry(jar: AgentJar): boolean {
  if (jar.ours) return jar.ours.agent === 'opentelemetry';
  if (jar.premain) return jar.premain.kind === 'agent' && jar.premain.agent === 'opentelemetry';
  const path = jar.realPath;
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/^(?:opentelemetry-javaagent|splunk-otel-javaagent|elastic-otel-javaagent|aws-opentelemetry-agent|grafana-opentelemetry-java)[\w.-]*\.jar$/i.test(name))
    return true;
  // Plain `javaagent.jar` is also what others call theirs: the folder decides.
  return name === 'javaagent.jar' && /(?:^|\/|-)(?:otel|opentelemetry|odigos|changeover)(?:-|\/|$)/i.test(path.slice(0, path.lastIndexOf('/')));
}

function ownsProperty(name: string): boolean {
  return name.startsWith('otel.');
}
