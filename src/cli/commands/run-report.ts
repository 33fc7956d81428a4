import { readHistory, readReport } from '../../app/read-report.ts';
import { ChangeoverError } from '../../core/error.ts';
import type { ExitCode } from '../exit-code.ts';
import { abortable } from '../interrupts.ts';
import { connectionOf, runOf, type Invocation } from '../invocation.ts';
import { formatReportCsv } from '../render/report-csv.ts';
import { formatReportMarkdown } from '../render/report-markdown.ts';
import { formatHistory, formatReport } from '../render/report-view.ts';
import { writeResult } from '../write-result.ts';

/** `changeover report`: what became of every workload of a run, why, and what people must do by hand. */
export async function runReport(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options } = invocation;
  const { format } = options;
  const byOwner = options.by === 'owner';
  if (format !== undefined && options.output !== 'table') {
    throw new ChangeoverError('usage', '--format and -o contradict each other', { hint: `Give one of them: --format ${format}, or -o ${options.output}.` });
  }
  const cluster = await wiring.openCluster(connectionOf(options));
  try {
    const report = await abortable(wiring, (signal) => readReport(cluster, runOf(options), signal));
    if (format === 'csv') wiring.stdout.write(formatReportCsv(report));
    else if (format === 'md') wiring.stdout.write(formatReportMarkdown(report, byOwner));
    else await writeResult(invocation, report, (style) => formatReport(report, { ...style, byOwner }));
    return 0;
  } finally {
    await cluster.close();
  }
}

/** `changeover history`: every run of the cluster, newest first. */
export async function runHistory(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options } = invocation;
  const cluster = await wiring.openCluster(connectionOf(options));
  try {
    const history = await abortable(wiring, (signal) => readHistory(cluster, options.stateNamespace, signal));
    await writeResult(invocation, history, (style) => formatHistory(history, style));
    return 0;
  } finally {
    await cluster.close();
  }
}
