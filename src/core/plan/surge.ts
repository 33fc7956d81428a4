import { isJsonObject } from '../json.ts';
import type { Workload } from '../workload/workload.ts';
import { replicasWanted } from './scan-item.ts';

/**
 * Pods a rolling update may have beyond `spec.replicas`: `maxSurge`, a number or a share rounded up, 25% where it is not
 * set; none with `Recreate`. Source: Kubernetes, Deployment strategy.
 */
export function surgeOf(workload: Workload): number {
  const spec = workload.object['spec'];
  const strategy = isJsonObject(spec) && isJsonObject(spec['strategy']) ? spec['strategy'] : {};
  if (strategy['type'] === 'Recreate') return 0;
  const rolling = isJsonObject(strategy['rollingUpdate']) ? strategy['rollingUpdate'] : {};
  const surge = rolling['maxSurge'] ?? '25%';
  if (typeof surge === 'number') return surge;
  const share = typeof surge === 'string' ? Number.parseInt(surge, 10) : Number.NaN;
  return Number.isNaN(share) ? 0 : Math.ceil((replicasWanted(workload) * share) / 100);
}
