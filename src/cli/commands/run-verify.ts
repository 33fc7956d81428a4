import { verifyFleet } from '../../app/verify-fleet.ts';
import { ChangeoverError } from '../../core/error.ts';
import { parseDuration } from '../../core/policy/duration.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { ExitCode } from '../exit-code.ts';
import { abortable } from '../interrupts.ts';
import { connectionOf, runOf, type Invocation } from '../invocation.ts';
import { loadBaseline } from '../load-baseline.ts';
import { loadPolicy } from '../load-policy.ts';
import { policyOfRun } from '../policy-of-run.ts';
import { formatVerify } from '../render/verify-view.ts';
import { writeResult } from '../write-result.ts';
import { saveBaseline } from './save-baseline.ts';

/** `changeover verify`: judges the traces of every switched service; 0 when all is well, 3 when a person must look. */
export async function runVerify(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options } = invocation;
  const file = fileOf(invocation);
  const lookback = lookbackOf(options.since);
  if (options.baseline === 'save' && file !== undefined) return saveBaseline(invocation, { file, ...lookback });
  const baseline = file === undefined ? {} : { baseline: { value: await loadBaseline(wiring, file), file } };
  const placed = await loadPolicy(invocation);
  const cluster = await wiring.openCluster(connectionOf(options));
  try {
    const report = await abortable(wiring, async (signal) => {
      const policy = placed?.policy ?? (await policyOfRun(invocation, cluster, signal));
      const traces = await wiring.openTraceStore(cluster, policy);
      const asked = { ...lookback, ...baseline, ...linkPrefix(policy), during: options.during === true };
      return verifyFleet({ cluster, traces, clock: wiring.clock }, { ...runOf(options), ...asked, allow: policy.allow, signal });
    });
    await writeResult(invocation, report, (style) => formatVerify(report, style));
    return report.verdict === 'ok' ? 0 : 3;
  } finally {
    await cluster.close();
  }
}

/** The file behind `--baseline`; `usage` for what does not go together. */
function fileOf({ args, options }: Invocation): string | undefined {
  const [file, more] = args;
  const { baseline } = options;
  if (more !== undefined) throw new ChangeoverError('usage', `one file is enough: ${more}`, { hint: 'Name the file of --baseline alone.' });
  if (options.during === true && options.since !== undefined)
    throw new ChangeoverError('usage', "--since and --during contradict each other: a run's time is its own", { hint: 'Give one of them.' });
  if (options.during === true && baseline === 'save')
    throw new ChangeoverError('usage', '--during says nothing to --baseline save', { hint: 'Say how far back to look with --since.' });
  if (baseline === undefined && file !== undefined)
    throw new ChangeoverError('usage', `what to do with ${file} is not said`, { hint: 'Add --baseline save or --baseline compare before it.' });
  if (baseline !== undefined && file === undefined)
    throw new ChangeoverError('usage', `--baseline ${baseline} needs a file`, { hint: `For example: changeover verify --baseline ${baseline} before.json` });
  return file;
}

function lookbackOf(since: string | undefined): { readonly lookbackMs?: number } {
  if (since === undefined) return {};
  const lookbackMs = parseDuration(since);
  if (lookbackMs !== undefined && lookbackMs > 0) return { lookbackMs };
  throw new ChangeoverError('usage', `--since must be a duration such as 30m or 24h, is ${JSON.stringify(since)}`, {
    hint: 'Hours, minutes and seconds: 1h30m.',
  });
}

/** Jaeger's own page of a trace, where people can reach it. */
function linkPrefix({ verify: { jaeger } }: Policy): { readonly linkPrefix?: string } {
  return jaeger?.kind === 'url' ? { linkPrefix: `${jaeger.url.replace(/[?#].*$/, '').replace(/\/+$/, '')}/trace/` } : {};
}
