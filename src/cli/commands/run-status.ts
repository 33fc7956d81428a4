import { readStatus } from '../../app/read-status.ts';
import type { RunStatus } from '../../core/rollout/run-status.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { ExitCode } from '../exit-code.ts';
import { abortable } from '../interrupts.ts';
import { connectionOf, flagsOf, runOf, type Invocation } from '../invocation.ts';
import { openScreen } from '../render/screen.ts';
import { formatStatus } from '../render/status-view.ts';
import { styleFor, writeResult } from '../write-result.ts';

const WATCH_MS = 2_000;

/** `changeover status`: the run as the cluster knows it; with `--watch` again and again until it has ended. */
export async function runStatus(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options } = invocation;
  const cluster = await wiring.openCluster(connectionOf(options));
  try {
    return await abortable(wiring, (signal) => (options.watch === true ? watch(invocation, cluster, signal) : show(invocation, cluster, signal)));
  } finally {
    await cluster.close();
  }
}

async function show(invocation: Invocation, cluster: Cluster, signal: AbortSignal): Promise<ExitCode> {
  const status = await readStatus({ cluster, clock: invocation.wiring.clock }, runOf(invocation.options), signal);
  await writeResult(invocation, status, (style) => formatStatus(status, { ...style, now: invocation.wiring.clock.now(), flags: flagsOf(invocation.options) }));
  return 0;
}

/** Redraws in place on a terminal; elsewhere, and as JSON or YAML, writes each status that differs from the one before. */
async function watch(invocation: Invocation, cluster: Cluster, signal: AbortSignal): Promise<ExitCode> {
  const { wiring, options } = invocation;
  const screen = options.output === 'table' && wiring.stdout.isTTY ? openScreen(wiring.stdout) : undefined;
  let last = '';
  let status: RunStatus | undefined;
  try {
    while (status?.finishedAt === undefined) {
      if (status) await wiring.clock.sleep(WATCH_MS, signal);
      status = await readStatus({ cluster, clock: wiring.clock }, runOf(options), signal);
      const text = JSON.stringify({
        ...status,
        holder: status.holder?.identity,
        workloads: status.workloads.map((each) => ({ ...each, waitingFor: each.waitingFor?.id })),
      });
      if (screen) screen.draw(fitted(invocation, status));
      else if (text !== last) await writeNext(invocation, status);
      last = text;
    }
    screen?.close();
    if (screen) await writeNext(invocation, status);
    return 0;
  } finally {
    screen?.close();
  }
}

function fitted(invocation: Invocation, status: RunStatus): readonly string[] {
  const { wiring, options } = invocation;
  const lines = formatStatus(status, { ...styleFor(invocation), now: wiring.clock.now(), flags: flagsOf(options) });
  const room = wiring.stdout.rows - 1;
  return lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines; \`changeover status\` shows all`];
}

async function writeNext(invocation: Invocation, status: RunStatus): Promise<void> {
  const { wiring, options } = invocation;
  if (options.output === 'json') return wiring.stdout.write(`${JSON.stringify(status)}\n`);
  if (options.output === 'yaml') wiring.stdout.write('---\n');
  return writeResult(invocation, status, (style) => formatStatus(status, { ...style, now: wiring.clock.now(), flags: flagsOf(options) }));
}
