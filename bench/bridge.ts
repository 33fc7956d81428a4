import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { run } from './measure.ts';
import { withScratch } from './scratch.ts';

const java = join(import.meta.dirname, '../java');
const TARGET = { ns: 2000, bytes: 1024 } as const;

/** JMH's result file, as far as it is told here. */
const Results = z.array(
  z.object({
    benchmark: z.string(),
    primaryMetric: z.object({ rawData: z.array(z.array(z.number())) }),
    secondaryMetrics: z.object({ 'gc.alloc.rate.norm': z.object({ score: z.number() }) }),
  }),
);

/** What the bridge adds to a request inside a JVM: reading one `sw8` header and writing one, by JMH with its gc profiler. Needs a JDK and Maven. */
export async function benchBridge(): Promise<object> {
  await run(['mvn', '-B', '-q', '-f', java, '-pl', 'bridge,bench', 'package', '-Dmaven.test.skip=true']);
  return await withScratch(async ({ folder }) => {
    const file = join(folder, 'jmh.json');
    await run(['java', '-jar', join(java, 'bench/target/bench.jar'), '-prof', 'gc', '-rf', 'json', '-rff', file]);
    const sides = Results.parse(JSON.parse(readFileSync(file, 'utf8'))).map(measured);
    return { command: 'java -jar bench.jar -prof gc', ...Object.fromEntries(sides), target: TARGET };
  });
}

function measured({ benchmark, primaryMetric, secondaryMetrics }: z.infer<typeof Results>[number]): readonly [string, object] {
  const iterations = primaryMetric.rawData.flat().toSorted((a, b) => a - b);
  const medianNs = Math.round(iterations[iterations.length >> 1] ?? 0);
  const bytes = Math.round(secondaryMetrics['gc.alloc.rate.norm'].score);
  const met = medianNs < TARGET.ns && bytes < TARGET.bytes;
  return [benchmark.replace(/^.*\./, ''), { medianNs, fastestNs: Math.round(iterations[0] ?? 0), bytes, met }];
}
