import { join } from 'node:path';
import { openRegistry } from '../src/adapters/registry/open-registry.ts';
import { pushSampleImage } from '../src/adapters/simulated/sample-images.ts';
import { systemClock } from '../src/adapters/system-clock.ts';
import { parseImageReference } from '../src/core/image/reference.ts';
import type { ScanResult } from '../src/core/plan/scan-result.ts';
import { paths } from '../lab/paths.ts';
import { runCommand } from '../lab/run-command.ts';
import { versions } from '../lab/versions.ts';
import { startControlPlane } from './control-plane.ts';
import { createLargeFleet } from './large-fleet.ts';
import { compare, peakMemory, run } from './measure.ts';
import { startRegistry } from './registry.ts';
import { withScratch, type Scratch } from './scratch.ts';

const SIZE = { deployments: 1_000, podsEach: 3, namespaces: 20 } as const;
const TARGET_RATIO = 1;
const changeover = join(import.meta.dirname, '../bin/changeover');

/** A scan of a large cluster, as a whole process, against kubectl reading the same Deployments and pods. */
export function benchScan(): Promise<object> {
  return withScratch(async (scratch) => {
    const cluster = await startControlPlane(scratch);
    try {
      await createLargeFleet(cluster, { ...SIZE, ...(await pushImage(await startRegistry(scratch))) });
      return await measure(scratch, cluster.kubeconfig);
    } finally {
      await cluster.close();
    }
  });
}

async function measure(scratch: Scratch, kubeconfig: string): Promise<object> {
  const env = { KUBECONFIG: kubeconfig, HOME: scratch.folder, XDG_CACHE_HOME: join(scratch.folder, 'cache') };
  const scan = [changeover, 'scan', '-A', '-o', 'json'];
  const get = (kind: string): readonly string[] => [join(paths.bin, 'kubectl'), 'get', kind, '-A', '-o', 'json'];
  const ours = () => run(scan, env);
  const peer = async () => {
    await run(get('deploy'), env);
    await run(get('pods'), env);
  };
  // The first run of each side fills its caches: image layers here, discovery there, and the server's.
  expectWhole(await runCommand(changeover, scan.slice(1), { env }));
  await peer();
  const peakMemoryMiB = { ours: await peakMemory(scan, env), peer: await peakMemory(get('pods'), env) };
  const compared = await compare(7, ours, peer);
  const commands = { ours: 'changeover scan -A -o json', peer: 'kubectl get deploy -A -o json; kubectl get pods -A -o json' };
  return { commands, kubernetes: versions.kubernetes, fleet: SIZE, ...compared, peakMemoryMiB, targetRatio: TARGET_RATIO, met: compared.ratio <= TARGET_RATIO };
}

/** A fast answer that is not the whole one would be worth nothing. */
function expectWhole(text: string): void {
  const { items } = JSON.parse(text) as ScanResult;
  const whole = items.filter((item) => item.eligible && item.pods === SIZE.podsEach && item.agent !== undefined);
  if (whole.length !== SIZE.deployments) throw new Error(`the scan found ${whole.length} workloads to move, not ${SIZE.deployments}`);
}

async function pushImage(address: string): Promise<{ readonly image: string; readonly digest: string }> {
  const image = `${address}/shop/service:1.0`;
  const registry = openRegistry({ settings: {}, directory: '/', env: {}, clock: systemClock });
  try {
    await pushSampleImage(registry, image, 'tomcat-skywalking');
    const stored = await registry.manifest(parseImageReference(image).repository, '1.0');
    return { image, digest: stored?.digest ?? '' };
  } finally {
    await registry.close();
  }
}
