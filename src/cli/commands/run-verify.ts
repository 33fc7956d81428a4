import { findRun } from '../../app/state-store.ts';
import { verifyFleet } from '../../app/verify-fleet.ts';
import { parsePolicy } from '../../core/policy/parse-policy.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { ExitCode } from '../exit-code.ts';
import { abortable } from '../interrupts.ts';
import { connectionOf, runOf, type Invocation } from '../invocation.ts';
import { loadPolicy } from '../load-policy.ts';
import { formatVerify } from '../render/verify-view.ts';
import { writeResult } from '../write-result.ts';

/** `changeover verify`: judges the traces of every switched service; 0 when all is well, 3 when a person must look. */
export async function runVerify(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options } = invocation;
  const placed = await loadPolicy(invocation);
  const cluster = await wiring.openCluster(connectionOf(options));
  try {
    const report = await abortable(wiring, async (signal) => {
      const policy = placed?.policy ?? (await policyOfRun(invocation, cluster, signal));
      const traces = await wiring.openTraceStore(cluster, policy);
      return verifyFleet({ cluster, traces, clock: wiring.clock }, { ...runOf(options), allow: policy.allow, signal });
    });
    await writeResult(invocation, report, (style) => formatVerify(report, style));
    return report.verdict === 'ok' ? 0 : 3;
  } finally {
    await cluster.close();
  }
}

async function policyOfRun({ options }: Invocation, cluster: Cluster, signal: AbortSignal): Promise<Policy> {
  const { value } = await findRun(cluster, runOf(options), signal);
  return parsePolicy(value.policy, { file: `run ${value.name}`, position: () => undefined });
}
