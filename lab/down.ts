import { existsSync, readFileSync, renameSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { paths, traces } from './paths.ts';
import { findInCgroup, findMarked, isRunning, stopProcesses } from './processes.ts';
import { runCommand, tryCommand } from './run-command.ts';
import { readState } from './state.ts';
import { cgroupFolders, cgroupHierarchies } from './up/machine.ts';
import { waitUntil } from './wait-until.ts';

/** Stops the lab and removes what it left on the machine, also after a run that was killed. The caller holds the machine's lock. */
export async function takeDown(): Promise<void> {
  const state = readState();
  const recorded = (state?.processes ?? []).filter(isRunning);
  // Whoever starts things goes first, then what was started, then the rest: in the other order the kubelet would start containers again.
  await stopProcesses(
    recorded.filter((process) => ['controller-manager', 'scheduler', 'kubelet'].includes(process.name)),
    3_000,
  );
  await stopContainers();
  await stopProcesses(recorded, 1_000);
  await stopProcesses(findMarked(), 0);
  await stopContainers();
  for (const mount of mountsBelow(paths.run)) await tryCommand('umount', ['--lazy', mount]);
  await removeCgroups();
  await removeNetwork();
  for (const [name, value] of Object.entries(state?.sysctls ?? {})) tryTo(() => writeFileSync(join('/proc/sys', name), value));
  for (const folder of state?.folders ?? []) tryTo(() => rmdirSync(folder));
  keepLog();
  rmSync(paths.run, { recursive: true, force: true });
}

async function stopContainers(): Promise<void> {
  await stopProcesses(findInCgroup(traces.cgroup), 0);
}

async function removeNetwork(): Promise<void> {
  const links = await runCommand('ip', ['-o', 'link', 'show', 'master', traces.bridge]).catch(() => '');
  for (const [, name] of links.matchAll(/^\d+: ([^@:]+)/gm)) await tryCommand('ip', ['link', 'delete', name ?? '']);
  await tryCommand('ip', ['link', 'delete', traces.bridge]);
  for (const family of ['ip', 'ip6']) await tryCommand('nft', ['delete', 'table', family, 'kube-proxy']);
}

/** A cgroup can go when the kernel has let go of its last process, a moment after that ended. */
async function removeCgroups(): Promise<void> {
  const isGone = (root: string) => {
    cgroupFolders(root).forEach((folder) => tryTo(() => rmdirSync(folder)));
    return !existsSync(root);
  };
  for (const hierarchy of cgroupHierarchies()) {
    const root = join(hierarchy, traces.cgroup);
    await waitUntil(async () => isGone(root), { what: `${root} to be empty`, timeoutMs: 10_000, everyMs: 50 });
  }
}

/** Mount points below a folder, innermost first. */
function mountsBelow(folder: string): readonly string[] {
  const targets = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  return targets.filter((target) => target.startsWith(`${folder}/`)).reverse();
}

function keepLog(): void {
  if (!existsSync(paths.log)) return;
  rmSync(paths.lastLog, { recursive: true, force: true });
  renameSync(paths.log, paths.lastLog);
}

/** For what may be gone already: down goes on whatever state it finds. */
function tryTo(work: () => void): void {
  try {
    work();
  } catch {
    // Already gone, or somebody else's by now.
  }
}
