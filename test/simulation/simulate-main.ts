import { parseArgs } from 'node:util';
import { simulate } from './rig/simulate.ts';

/** `npm run simulate -- --seed N`: runs one seed again and says everything that happened. `--seeds N` runs seeds 0 to N - 1. */
const { values } = parseArgs({ options: { seed: { type: 'string' }, seeds: { type: 'string' }, from: { type: 'string' } } });
const started = performance.now();
const first = Number(values.seed ?? values.from ?? 0);
const last = values.seed === undefined ? first + Number(values.seeds ?? 1000) : first + 1;
const trace = values.seed === undefined ? {} : { trace: (line: string) => void process.stdout.write(`${line}\n`) };
let failed = 0;
for (let seed = first; seed < last; seed += 1) {
  const { violations, faults } = await simulate(seed, trace);
  if (violations.length === 0) continue;
  failed += 1;
  process.stdout.write(
    `seed ${seed} ${JSON.stringify(faults)}\n${violations.map((each) => `  ${each}\n`).join('')}  replay: npm run simulate -- --seed ${seed}\n`,
  );
}
const seconds = (performance.now() - started) / 1000;
process.stdout.write(`${last - first} seeds, ${failed} failed, ${seconds.toFixed(1)} s\n`);
process.exitCode = failed > 0 ? 1 : 0;
