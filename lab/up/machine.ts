import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { addresses, traces } from '../paths.ts';
import { runCommand, tryCommand } from '../run-command.ts';
import { updateState } from '../state.ts';

/** Kernel settings that we, the kubelet, kube-proxy or the bridge plugin may change; `down` puts them back. */
const sysctls = [
  'net/ipv4/ip_forward',
  'net/bridge/bridge-nf-call-iptables',
  'net/bridge/bridge-nf-call-ip6tables',
  'net/ipv4/conf/all/route_localnet',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
];

/** Folders that the node's programs insist on; the lab mounts its own over them, for those programs alone. */
export const hostFolders = ['/run/containerd', '/var/lib/cni', '/var/lib/kubelet', '/var/log/containers', '/var/log/pods'] as const;

/** Prepares what a node needs of the machine: kernel settings, the pods' bridge, a cgroup, mount points. Everything is recorded before it is changed. */
export async function prepareMachine(): Promise<void> {
  await tryCommand('modprobe', ['-a', 'br_netfilter', 'overlay', 'nf_tables']);
  const known = sysctls.filter((name) => existsSync(join('/proc/sys', name)));
  const before = Object.fromEntries(known.map((name) => [name, readFileSync(join('/proc/sys', name), 'utf8').trim()]));
  updateState((state) => ({ ...state, sysctls: before, folders: hostFolders.flatMap(missingFolders) }));
  for (const folder of hostFolders) mkdirSync(folder, { recursive: true });
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  // Without it, the answer of a pod to another pod that called a Service would cross the bridge unseen, with the wrong source address.
  if (existsSync('/proc/sys/net/bridge')) writeFileSync('/proc/sys/net/bridge/bridge-nf-call-iptables', '1');
  await runCommand('ip', ['link', 'add', traces.bridge, 'address', '02:0a:f4:00:00:01', 'type', 'bridge']);
  await runCommand('ip', ['address', 'add', `${addresses.bridge}/24`, 'dev', traces.bridge]);
  await runCommand('ip', ['link', 'set', traces.bridge, 'up']);
  for (const hierarchy of cgroupHierarchies()) makeCgroup(hierarchy);
}

/** The roots of all cgroup hierarchies: one in version 2, one per controller in version 1. */
export function cgroupHierarchies(): readonly string[] {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  return mounts
    .map((line) => line.split(' '))
    .flatMap(([, target, type]) => ((type === 'cgroup' || type === 'cgroup2') && target !== undefined ? [target] : []));
}

/** All folders inside a cgroup and itself, innermost first: the order in which they can be removed. */
export function cgroupFolders(root: string): readonly string[] {
  if (!existsSync(root)) return [];
  const inner = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...inner.flatMap((entry) => cgroupFolders(join(root, entry.name))), root];
}

/** In version 2 a cgroup has the controllers its parent passes on; the kubelet insists on these. */
function makeCgroup(hierarchy: string): void {
  const control = join(hierarchy, 'cgroup.subtree_control');
  for (const controller of existsSync(control) ? ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids'] : []) {
    try {
      writeFileSync(control, `+${controller}`);
    } catch {
      // This kernel has no such controller, or uses it in a version 1 hierarchy.
    }
  }
  mkdirSync(join(hierarchy, traces.cgroup), { recursive: true });
}

/** The folders that making this one would create, innermost first. */
function missingFolders(folder: string): readonly string[] {
  return existsSync(folder) ? [] : [folder, ...missingFolders(dirname(folder))];
}
