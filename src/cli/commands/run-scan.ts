import { scan } from '../../app/scan.ts';
import { defaultPolicy } from '../../core/policy/default-policy.ts';
import type { ExitCode } from '../exit-code.ts';
import { namespacesOf, type Invocation } from '../invocation.ts';
import { loadPolicy } from '../load-policy.ts';
import { formatScan } from '../render/scan-view.ts';
import { withEngine } from '../with-engine.ts';
import { writeResult } from '../write-result.ts';

/** `changeover scan`: the inventory; 0 whenever there is a result. */
export async function runScan(invocation: Invocation): Promise<ExitCode> {
  const { options } = invocation;
  const namespaces = namespacesOf(options);
  const placed = await loadPolicy(invocation);
  const policy = placed?.policy ?? defaultPolicy();
  const result = await withEngine(invocation, placed, ({ ports, progress, untilInterrupted }) =>
    untilInterrupted((signal) =>
      scan(ports, { policy, ...namespaces, layerScan: options.layerScan !== false, signal, onProgress: (text) => progress.say(text) }),
    ),
  );
  await writeResult(invocation, result, (style) => formatScan(result, style));
  return 0;
}
