import { makePlan } from '../../app/make-plan.ts';
import type { Plan } from '../../core/plan/plan.ts';
import type { ExitCode } from '../exit-code.ts';
import { flagsOf, namespacesOf, type Invocation } from '../invocation.ts';
import { loadPolicy } from '../load-policy.ts';
import { formatPlan } from '../render/plan-view.ts';
import { ChangeoverError } from '../../core/error.ts';
import { quote } from '../../core/shell-quote.ts';
import type { PlacedPolicy } from '../wiring.ts';
import { withEngine } from '../with-engine.ts';
import { writeResult } from '../write-result.ts';
import { runExport } from './run-export.ts';

/** `changeover plan -p policy.yaml`: what would change; 0 whenever there is a plan. Writes nothing but the file of `--out`. */
export async function runPlan(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options } = invocation;
  const placed = await loadPolicy(invocation);
  if (!placed) throw new ChangeoverError('usage', 'plan needs a policy', { hint: 'Give one with -p policy.yaml.' });
  if (options.export !== undefined) return runExport(invocation, placed);
  const plan = await planWith(invocation, placed);
  if (options.out !== undefined) {
    await wiring.writeTextFile(options.out, `${JSON.stringify(plan, undefined, 2)}\n`);
    wiring.stderr.write(`plan written to ${options.out}\n`);
  }
  const next =
    options.out === undefined
      ? 'changeover plan … --out plan.json, then changeover apply plan.json'
      : `changeover apply ${quote(options.out)}${flagsOf(options)}`;
  await writeResult(invocation, plan, (style) => formatPlan(plan, { ...style, policy: placed.policy, next }));
  return 0;
}

async function planWith(invocation: Invocation, placed: PlacedPolicy): Promise<Plan> {
  const { options } = invocation;
  const chosen = { ...namespacesOf(options), ...(options.workload === undefined ? {} : { workload: options.workload }) };
  return withEngine(invocation, placed, ({ ports, progress, untilInterrupted }) => {
    const { policy, directory } = placed;
    const reading = { allow: options.allow ?? [], layerScan: options.layerScan !== false, onProgress: (text: string) => progress.say(text) };
    const { traces } = ports;
    return untilInterrupted((signal) => makePlan(ports, { policy, directory, ...chosen, ...reading, traces, signal }));
  });
}
