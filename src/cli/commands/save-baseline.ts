import { readBaselineFrom, type BaselineSource, type SavedBaseline } from '../../app/save-baseline.ts';
import { ChangeoverError } from '../../core/error.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { baselineText } from '../../core/verify/baseline.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { ExitCode } from '../exit-code.ts';
import { abortable } from '../interrupts.ts';
import { connectionOf, type Invocation } from '../invocation.ts';
import { loadPolicy } from '../load-policy.ts';
import { policyOfRun } from '../policy-of-run.ts';
import { formatBaseline } from '../render/baseline-view.ts';
import { writeResult } from '../write-result.ts';

const LOOKBACK_MS = 24 * 60 * 60_000;

/** `changeover verify --baseline save`: writes what services and calls there are to a file. Needs no run where `-p` names a policy. */
export async function saveBaseline(
  invocation: Invocation,
  { file, lookbackMs = LOOKBACK_MS }: { readonly file: string; readonly lookbackMs?: number },
): Promise<ExitCode> {
  const { wiring, options } = invocation;
  const toMs = wiring.clock.now();
  const window = { fromMs: toMs - lookbackMs, toMs };
  const saved = await withSource(invocation, (source, signal) => readBaselineFrom(source, window, signal));
  await wiring.writeTextFile(file, baselineText(saved.baseline), { fresh: options.yes !== true });
  await writeResult(invocation, saved.baseline, (style) => formatBaseline(saved, { ...style, file }));
  return 0;
}

/** SkyWalking where the policy names it, which needs no cluster; else Jaeger. Throws `usage` when there is neither. */
async function withSource(invocation: Invocation, read: (source: BaselineSource, signal: AbortSignal) => Promise<SavedBaseline>): Promise<SavedBaseline> {
  const { wiring, options } = invocation;
  const placed = await loadPolicy(invocation);
  const url = placed?.policy.verify.skywalking;
  if (url !== undefined) return abortable(wiring, async (signal) => read(await skywalking(invocation, url), signal));
  const cluster = await wiring.openCluster(connectionOf(options));
  try {
    return await abortable(wiring, async (signal) => read(await sourceOf(invocation, { cluster, policy: placed?.policy, signal }), signal));
  } finally {
    await cluster.close();
  }
}

async function sourceOf(
  invocation: Invocation,
  { cluster, signal, ...given }: { readonly cluster: Cluster; readonly policy: Policy | undefined; readonly signal: AbortSignal },
): Promise<BaselineSource> {
  const policy = given.policy ?? (await policyOfRun(invocation, cluster, signal));
  if (policy.verify.skywalking !== undefined) return skywalking(invocation, policy.verify.skywalking);
  const store = await invocation.wiring.openTraceStore(cluster, policy);
  if (store) return { kind: 'jaeger', store };
  throw new ChangeoverError('usage', 'the policy names neither verify.skywalking nor verify.jaeger: there is nothing to read a baseline from', {
    hint: 'Add verify: {skywalking: http://oap:12800/graphql} to the policy, or keep a baseline with `changeover tee --baseline`.',
  });
}

async function skywalking({ wiring }: Invocation, url: string): Promise<BaselineSource> {
  return { kind: 'skywalking', source: await wiring.openTopologySource(url) };
}
