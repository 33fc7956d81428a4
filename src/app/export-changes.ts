import { exportWorkload, type ExportedWorkload, type NotExported } from '../core/export/export-workload.ts';
import { readChangeContext } from './change-context.ts';
import type { PlanOptions } from './make-plan.ts';
import type { ReadPorts } from './ports.ts';
import { survey } from './survey.ts';

/** The change of every workload the policy selects, for the repositories they are deployed from. Writes nothing. */
export async function exportChanges(
  ports: ReadPorts,
  options: Omit<PlanOptions, 'directory' | 'traces'>,
): Promise<{ readonly exported: readonly ExportedWorkload[]; readonly left: readonly NotExported[] }> {
  const { policy, allow } = options;
  options.onProgress?.('Reading the new agent');
  const change = await readChangeContext(ports, policy);
  const inspections = await survey(ports, options);
  const today = new Date(ports.clock.now()).toISOString().slice(0, 10);
  const all = inspections.map((inspection) => exportWorkload(inspection, { ...change, allowance: { ids: allow, rules: policy.allow, today } }));
  return { exported: all.filter((each) => each.kind === 'exported'), left: all.filter((each) => each.kind === 'left') };
}
