import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const FLEET = { deployments: 5000, images: 300 } as const;
const TARGET = { ms: 10_000, peakMemoryMiB: 400 } as const;
/** A heap of its own limit shows what a plan needs; without one, Node collects no garbage before there is far more of it. */
const HEAP = ['--max-old-space-size=220', '--max-semi-space-size=8'] as const;

interface Planned {
  readonly migrate: number;
  readonly planMs: number;
  readonly cpuMs: number;
  readonly peakMemoryMiB: number;
}

/** The plan of a large fleet from a snapshot in memory: cluster objects as text, images in an in-process registry, no cache. */
export async function benchPlanFleet(): Promise<object> {
  const bounded = await plan(HEAP);
  const unbounded = await plan([]);
  const met = bounded.planMs < TARGET.ms && bounded.peakMemoryMiB < TARGET.peakMemoryMiB;
  return { ...FLEET, heap: HEAP, bounded, unbounded, target: TARGET, met };
}

async function plan(flags: readonly string[]): Promise<Planned> {
  const args = ['--disable-warning=ExperimentalWarning', ...flags, join(import.meta.dirname, 'plan-snapshot.ts'), ...Object.values(FLEET).map(String)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 300_000 });
  const planned = JSON.parse(stdout) as Planned;
  if (planned.migrate !== FLEET.deployments) throw new Error(`the plan migrates ${planned.migrate} of ${FLEET.deployments}`);
  return planned;
}
