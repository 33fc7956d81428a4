import type { Finding } from '../finding.ts';
import { isJsonObject, type Json } from '../json.ts';
import { podSpec, podTemplate } from '../workload/pod-template.ts';
import type { Container, Workload } from '../workload/workload.ts';
import { replicasWanted } from './scan-item.ts';
import { surgeOf } from './surge.ts';

/** Kubernetes waits so long between a pod's SIGTERM and its SIGKILL where nothing else is said, in seconds. */
const USUAL_GRACE = 30;
/** Endpoints and connections need some time to leave a pod, in seconds. */
const SHORT_GRACE = 5;

/**
 * What keeps the rolling update of a workload from being seamless, whatever is rolled out: it is the workload's own shape, which
 * this program does not change. CronJobs roll nothing out.
 */
export function seamlessFindings(workload: Workload, container: Container): readonly Finding[] {
  if (workload.kind === 'CronJob') return [];
  const findings: Finding[] = [];
  const replicas = replicasWanted(workload);
  const isRecreated = isType(workload, 'strategy', 'Recreate');
  if (isRecreated) findings.push({ id: 'recreate-strategy', severity: 'warn', params: { replicas } });
  if (isType(workload, 'strategy', 'OnDelete') || isType(workload, 'updateStrategy', 'OnDelete')) return findings;
  if (!isRecreated && workload.kind === 'Deployment' && surgeOf(workload) === 0) findings.push({ id: 'no-surge', severity: 'warn', params: { replicas } });
  if (!isJsonObject(container['readinessProbe'])) findings.push({ id: 'no-readiness-probe', severity: 'warn', params: {} });
  const grace = podSpec(podTemplate(workload.object))['terminationGracePeriodSeconds'] ?? USUAL_GRACE;
  const lifecycle = container['lifecycle'];
  const waits = isJsonObject(lifecycle) && isJsonObject(lifecycle['preStop']);
  if (typeof grace === 'number' && grace < SHORT_GRACE) findings.push({ id: 'no-graceful-stop', severity: 'warn', params: { seconds: grace } });
  else if (!waits) findings.push({ id: 'no-stop-hook', severity: 'info', params: {} });
  return findings;
}

function isType(workload: Workload, member: 'strategy' | 'updateStrategy', type: string): boolean {
  const spec: Json | undefined = workload.object['spec'];
  const strategy = isJsonObject(spec) ? spec[member] : undefined;
  return isJsonObject(strategy) && strategy['type'] === type;
}
