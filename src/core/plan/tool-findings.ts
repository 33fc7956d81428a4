import type { Finding } from '../finding.ts';
import { isJsonObject, type Json } from '../json.ts';
import type { Container } from '../workload/workload.ts';

const tools = /(?:^|[\s/;&|(])(?:java|javac|jar|jcmd|jps|jstat|jstack|jmap|jinfo|keytool|catalina\.sh|shutdown\.sh)(?:$|[\s;&|)])/;

/**
 * Every JVM of a container reads JAVA_TOOL_OPTIONS: probes and hooks that start one load the new agent each time, and take
 * longer. `tools-load-agent` (warn) names those that do.
 */
export function toolFindings(container: Container): readonly Finding[] {
  const lifecycle = isJsonObject(container['lifecycle']) ? container['lifecycle'] : {};
  const hooks = ['postStart', 'preStop'].map((name) => [name, lifecycle[name]] as const);
  const probes = ['startupProbe', 'readinessProbe', 'livenessProbe'].map((name) => [name, container[name]] as const);
  const used = [...hooks, ...probes].filter(([, handler]) => tools.test(execCommand(handler))).map(([name]) => name);
  return used.length === 0 ? [] : [{ id: 'tools-load-agent', severity: 'warn', params: { used } }];
}

function execCommand(handler: Json | undefined): string {
  const exec = isJsonObject(handler) && isJsonObject(handler['exec']) ? handler['exec']['command'] : undefined;
  return Array.isArray(exec) ? exec.join(' ') : '';
}
