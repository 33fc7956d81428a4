import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { benchBridge } from './bridge.ts';
import { benchHelp } from './help.ts';
import { benchLayerScan } from './layer-scan.ts';
import { NotBuilt } from './not-built.ts';
import { benchPlanFleet } from './plan-fleet.ts';
import { benchRewriteFleet } from './rewrite-fleet.ts';
import { benchRewrite } from './rewrite.ts';
import { benchRolloutScale } from './rollout-scale.ts';
import { benchScan } from './scan.ts';
import { benchTee } from './tee.ts';

const benchmarks: Readonly<Record<string, () => Promise<object>>> = {
  help: benchHelp,
  scan: benchScan,
  rewrite: benchRewrite,
  'rewrite-fleet': benchRewriteFleet,
  'rollout-scale': benchRolloutScale,
  bridge: benchBridge,
  tee: benchTee,
  'layer-scan': benchLayerScan,
  'plan-5000': benchPlanFleet,
};
const LIMIT_MS = 15 * 60_000;

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(benchmarks, name));
if (unknown !== undefined) {
  process.stderr.write(`error: there is no benchmark ${unknown}\nfix: Name some of ${Object.keys(benchmarks).join(', ')}, or none for all.\n`);
  process.exit(2);
}
setTimeout(giveUp, LIMIT_MS).unref();
for (const [name, bench] of Object.entries(benchmarks)) if (asked.length === 0 || asked.includes(name)) await runBenchmark(name, bench);

async function runBenchmark(name: string, bench: () => Promise<object>): Promise<void> {
  try {
    const result = { benchmark: name, node: process.version, cpus: availableParallelism(), ...(await bench()) };
    const text = `${JSON.stringify(result, undefined, 2)}\n`;
    const folder = join(import.meta.dirname, 'results');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.json`), text);
    process.stdout.write(text);
  } catch (error) {
    if (!(error instanceof NotBuilt)) throw error;
    process.stderr.write(`${name} skipped: ${error.message}\n`);
    process.exitCode = 2;
  }
}

/** Ends the process: what was started goes with it. */
function giveUp(): never {
  process.stderr.write(`error: the benchmarks take longer than ${LIMIT_MS / 60_000} minutes\n`);
  process.exit(1);
}
