import { scan } from '../../app/scan.ts';
import { defaultPolicy } from '../../core/policy/default-policy.ts';
import type { ExitCode } from '../exit-code.ts';
import { abortable } from '../interrupts.ts';
import { connectionOf, namespacesOf, type Invocation } from '../invocation.ts';
import { loadPolicy } from '../load-policy.ts';
import { showProgress } from '../render/progress.ts';
import { formatScan } from '../render/scan-view.ts';
import { writeResult } from '../write-result.ts';

/** `changeover scan`: the inventory; 0 whenever there is a result. */
export async function runScan(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options } = invocation;
  const namespaces = namespacesOf(options);
  const placed = await loadPolicy(invocation);
  const cluster = await wiring.openCluster(connectionOf(options));
  const progress = showProgress(wiring.stderr);
  try {
    const engine = await wiring.openEngine(cluster, placed);
    try {
      const policy = placed?.policy ?? defaultPolicy();
      const result = await abortable(wiring, (signal) =>
        scan(engine.ports, { policy, ...namespaces, layerScan: options.layerScan !== false, signal, onProgress: (text) => progress.say(text) }),
      );
      progress.close();
      await writeResult(invocation, result, (style) => formatScan(result, style));
      return 0;
    } finally {
      await engine.close();
    }
  } finally {
    progress.close();
    await cluster.close();
  }
}
