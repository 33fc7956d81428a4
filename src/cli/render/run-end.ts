import type { RunStatus } from '../../core/rollout/run-status.ts';
import { formatBytes } from './bytes.ts';
import { count } from './messages/say.ts';
import { printable } from './printable.ts';
import { formatStatus, type StatusOptions } from './status-view.ts';

/** How a drive ended, in full, with what to do next. */
export function formatRunEnd(status: RunStatus, options: StatusOptions & { readonly exitCode: number; readonly nothingToDo: boolean }): readonly string[] {
  const next = nextStep(status, options);
  return [...formatStatus(status, options), ...registryLines(status, options), ...(next === '' ? [] : ['', next])];
}

/** What the new images cost. */
function registryLines({ registries = {} }: RunStatus, { paint }: StatusOptions): readonly string[] {
  const used = Object.entries(registries).filter(([, each]) => each.requests > 0);
  const lines = used.map(([host, { requests, up, down }]) =>
    paint('quiet', `${printable(host)}: ${count(requests, 'request')}, ${formatBytes(up)} sent, ${formatBytes(down)} received`),
  );
  return lines.length === 0 ? [] : ['', ...lines];
}

function nextStep(status: RunStatus, { exitCode, nothingToDo, paint, flags }: Parameters<typeof formatRunEnd>[1]): string {
  const open = status.workloads.filter((each) => each.state === 'PLANNED').length;
  if (nothingToDo) return `Nothing to do: this run has ended. A new plan starts a new one.`;
  if (exitCode === 130)
    return `${paint('caution', 'Interrupted')}: nothing is in flight, ${count(open, 'workload')} still to go. Run the same command again to resume.`;
  if (exitCode === 4) return paint('bad', 'A workload could not be put back. Look at it now; nothing more is started or changed until you decide.');
  if (status.phase === 'COMPLETED' && (status.counts['migrated'] ?? 0) > 0)
    return `${paint('good', 'Done.')} Check that traces arrive: changeover verify${flags}`;
  return '';
}
