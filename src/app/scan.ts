import { scanItem } from '../core/plan/scan-item.ts';
import type { ScanResult } from '../core/plan/scan-result.ts';
import type { ReadPorts } from './ports.ts';
import { survey, type SurveyOptions } from './survey.ts';

/** The inventory: every workload, the agent it runs, and whether it can be moved or why not. Reads only. */
export async function scan(ports: Pick<ReadPorts, 'cluster' | 'registry' | 'layers'>, options: SurveyOptions): Promise<ScanResult> {
  const { id, server } = await ports.cluster.identity(options.signal);
  const inspections = await survey(ports, options);
  return { apiVersion: 'changeover.dev/v1alpha1', kind: 'ScanResult', cluster: { id, server }, items: inspections.map(scanItem) };
}
