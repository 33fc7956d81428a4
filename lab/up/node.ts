import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getJson } from '../kubectl.ts';
import { addresses, paths, traces } from '../paths.ts';
import type { LabProcess } from '../processes.ts';
import { waitUntil } from '../wait-until.ts';
import { pki } from './certificates.ts';
import { writeCertificateKubeconfig } from './kubeconfigs.ts';
import { hostFolders } from './machine.ts';
import { endedProcess, start } from './start.ts';

const node = join(paths.run, 'node');

/**
 * Starts containerd in a mount namespace of its own, with the lab's folders mounted over the machine's fixed ones: what it, the kubelet and the
 * containers mount is invisible outside and gone when the last of them ends.
 */
export function startContainerd(): LabProcess {
  writeContainerdFiles();
  const binds = hostFolders.map((folder) => `mkdir -p ${node}${folder} && mount --bind ${node}${folder} ${folder}`).join(' && ');
  const run = `${binds} && exec ${join(paths.bin, 'containerd')} -c ${join(node, 'containerd.toml')}`;
  return start('containerd', ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', run], {
    PATH: `${process.env['PATH']}:/usr/sbin:/sbin:${paths.bin}`,
  });
}

/** Starts the kubelet beside containerd, and kube-proxy. */
export async function startNode(containerd: LabProcess): Promise<void> {
  await waitUntil(async () => existsSync(paths.containerdSocket), {
    what: `containerd (${join(paths.log, 'containerd.log')})`,
    timeoutMs: 30_000,
    everyMs: 50,
  });
  const kubelet = [
    '--config',
    writeKubeletConfig(),
    '--kubeconfig',
    writeCertificateKubeconfig('kubelet'),
    '--root-dir',
    join(node, 'kubelet'),
    '--cert-dir',
    join(node, 'kubelet-pki'),
  ];
  const identity = ['--hostname-override', traces.node, '--node-ip', addresses.bridge];
  start('kubelet', ['nsenter', `--mount=/proc/${containerd.pid}/ns/mnt`, join(paths.bin, 'kubelet'), ...kubelet, ...identity]);
  start('proxy', [
    join(paths.bin, 'kube-proxy'),
    `--kubeconfig=${writeCertificateKubeconfig('proxy')}`,
    '--proxy-mode=nftables',
    `--cluster-cidr=${addresses.podRange}`,
    `--hostname-override=${traces.node}`,
    '--healthz-bind-address=',
    '--metrics-bind-address=',
    '--nodeport-addresses=127.0.0.0/8',
    '--conntrack-max-per-core=0',
    '--conntrack-tcp-timeout-established=0',
    '--conntrack-tcp-timeout-close-wait=0',
  ]);
}

/** Waits until the node reports that it is Ready. */
export async function waitForNode(): Promise<void> {
  const isReady = async () => {
    const { status } = await getJson<{ status: { conditions?: { type: string; status: string }[] } }>('node', traces.node);
    return status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
  };
  await waitUntil(isReady, { what: `a Ready node (${join(paths.log, 'kubelet.log')})`, timeoutMs: 90_000, everyMs: 500, giveUp: endedProcess });
}

function writeContainerdFiles(): void {
  const hosts = join(node, 'certs.d', addresses.registry);
  const cni = join(node, 'cni');
  for (const folder of [hosts, cni]) mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(hosts, 'hosts.toml'),
    `server = "http://${addresses.registry}"\n[host."http://${addresses.registry}"]\n  capabilities = ["pull", "resolve"]\n`,
  );
  const ipam = { type: 'host-local', dataDir: join(node, 'cni-addresses'), ranges: [[{ subnet: addresses.podRange }]], routes: [{ dst: '0.0.0.0/0' }] };
  const bridge = { type: 'bridge', bridge: traces.bridge, isGateway: true, hairpinMode: true, ipam };
  writeFileSync(join(cni, '10-lab.conflist'), JSON.stringify({ cniVersion: '1.0.0', name: 'lab', plugins: [bridge] }));
  writeFileSync(
    join(node, 'containerd.toml'),
    `version = 3
root = "${join(node, 'containerd')}"
state = "${join(node, 'containerd-state')}"
[grpc]
  address = "${paths.containerdSocket}"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "${addresses.registry}/pause:1"
[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = "${join(node, 'certs.d')}"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ["${paths.cni}"]
  conf_dir = "${cni}"
[plugins.'io.containerd.internal.v1.opt']
  path = "${join(node, 'opt')}"
[plugins.'io.containerd.nri.v1.nri']
  disable = true
`,
  );
}

function writeKubeletConfig(): string {
  const file = join(node, 'kubelet.json');
  const resolvConf = join(node, 'resolv.conf');
  writeFileSync(resolvConf, '');
  const config = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: addresses.bridge,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: false }, x509: { clientCAFile: pki('ca.crt') } },
    authorization: { mode: 'AlwaysAllow' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${traces.cgroup}`,
    clusterDNS: ['10.96.0.10'],
    containerRuntimeEndpoint: `unix://${paths.containerdSocket}`,
    enforceNodeAllocatable: [],
    eventRecordQPS: 0,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    failCgroupV1: false,
    failSwapOn: false,
    healthzPort: 0,
    imageGCHighThresholdPercent: 99,
    imageGCLowThresholdPercent: 98,
    makeIPTablesUtilChains: false,
    maxParallelImagePulls: 4,
    podLogsDir: join(node, 'pod-logs'),
    resolvConf,
    serializeImagePulls: false,
    volumePluginDir: join(node, 'volume-plugins'),
  };
  writeFileSync(file, `${JSON.stringify(config, undefined, 2)}\n`);
  return file;
}
