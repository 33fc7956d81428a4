import { valueAt } from './object-fields.ts';
import type { WorkloadKind } from './workload-kind.ts';

/** batch/v1 CronJob: its template is only used at the next run, so nothing can be judged when it is changed. */
export const cronJob: WorkloadKind = {
  resource: { apiVersion: 'batch/v1', kind: 'CronJob', plural: 'cronjobs', namespaced: true },
  revisions: 'none',
  wanted: () => 0,
  updated: () => 0,
  observed: () => true,
  paused: () => false,
  surge: () => 0,
  obstacle: (object) => (valueAt(object, 'spec', 'suspend') === true ? { id: 'paused', params: {} } : undefined),
  deferred: 'next-run',
};
