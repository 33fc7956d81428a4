import { readDrift } from '../../app/read-drift.ts';
import { findRun } from '../../app/state-store.ts';
import { parsePolicy } from '../../core/policy/parse-policy.ts';
import type { ExitCode } from '../exit-code.ts';
import { connectionOf, namespacesOf, runOf, type Invocation } from '../invocation.ts';
import { formatDrift } from '../render/drift-view.ts';
import type { PlacedPolicy } from '../wiring.ts';
import { withEngine } from '../with-engine.ts';
import { writeResult } from '../write-result.ts';
import type { RunRecord } from '../../core/rollout/run-record.ts';

/** `changeover drift`: what is no longer, or newly, to be migrated, by the policy of the run; 3 on findings. */
export async function runDrift(invocation: Invocation): Promise<ExitCode> {
  const { options } = invocation;
  const { run, placed } = await policyOf(invocation);
  const report = await withEngine(invocation, placed, ({ ports, progress, untilInterrupted }) =>
    untilInterrupted((signal) =>
      readDrift(ports, {
        policy: placed.policy,
        run,
        stateNamespace: options.stateNamespace,
        ...namespacesOf(options),
        layerScan: options.layerScan !== false,
        signal,
        onProgress: (text) => progress.say(text),
      }),
    ),
  );
  await writeResult(invocation, report, (style) => formatDrift(report, style));
  return report.items.length === 0 ? 0 : 3;
}

/** The engine is opened for a policy, and the policy is in the cluster: it is read first. */
async function policyOf({ wiring, options }: Invocation): Promise<{ readonly run: RunRecord; readonly placed: PlacedPolicy }> {
  const cluster = await wiring.openCluster(connectionOf(options));
  try {
    const run = (await findRun(cluster, runOf(options))).value;
    const policy = parsePolicy(run.policy, { file: `run ${run.name}`, position: () => undefined });
    return { run, placed: { policy, directory: run.policyDirectory } };
  } finally {
    await cluster.close();
  }
}
