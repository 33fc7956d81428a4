import type { Report, ReportItem, Todo } from '../../core/rollout/report.ts';
import { causeText } from './messages/cause-text.ts';
import { reasonText } from './messages/reason-text.ts';
import { skipText } from './messages/skip-text.ts';

/** Why a workload ended as it did, in words; empty where there is nothing to say. */
export function whyText(item: ReportItem): string {
  if (item.skip) return skipText(item.skip);
  const cause = item.evidence?.cause ? ` (${causeText(item.evidence.cause)})` : '';
  return item.reason ? `${reasonText(item.reason)}${cause}` : '';
}

/** What becomes of the two lists of a report for one team; `undefined` = nobody's label. */
export interface TeamShare {
  readonly team: string | undefined;
  readonly workloads: readonly ReportItem[];
  readonly todo: readonly Todo[];
}

/** A report by team, in alphabetical order, workloads without a team last; one share for all where nobody asked. */
export function sharesOf(report: Report, byOwner: boolean): readonly TeamShare[] {
  if (!byOwner) return [{ team: undefined, workloads: report.workloads, todo: report.todo }];
  const teams = [...new Set(report.workloads.map((item) => item.team))].sort((a, b) => (a === undefined ? 1 : b === undefined ? -1 : a < b ? -1 : 1));
  return teams.map((team) => ({
    team,
    workloads: report.workloads.filter((item) => item.team === team),
    todo: report.todo.filter((each) => each.team === team),
  }));
}

/** Who started the run and why, in a line. */
export function startedText({ startedBy, startedAs, reason, ticket }: Pick<Report, 'startedBy' | 'startedAs' | 'reason' | 'ticket'>): string {
  const why = [reason, ticket === undefined ? undefined : `ticket ${ticket}`].filter((part) => part !== undefined);
  return `${startedBy}${startedAs === undefined ? '' : ` (as ${startedAs})`}${why.length === 0 ? '' : `: ${why.join(', ')}`}`;
}
