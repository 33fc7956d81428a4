import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubectl } from '../kubectl.ts';
import { addresses, paths } from '../paths.ts';
import { waitUntil } from '../wait-until.ts';
import { pki } from './certificates.ts';
import { writeCertificateKubeconfig } from './kubeconfigs.ts';
import { endedProcess, start } from './start.ts';

/** Starts the registry with a fresh copy of every image of the lab. */
export function startRegistry(): void {
  cpSync(paths.pristineRegistry, paths.registry, { recursive: true });
  start('registry', ['docker-registry', 'serve', writeRegistryConfig(paths.registry, addresses.registry, paths.run)]);
}

/** Writes a registry's configuration into a folder and returns its path. */
export function writeRegistryConfig(storage: string, address: string, folder: string): string {
  const file = join(folder, 'registry.yml');
  writeFileSync(
    file,
    `version: 0.1
storage: {filesystem: {rootdirectory: ${storage}}, delete: {enabled: true}}
http: {addr: ${address}}
log: {level: warn}
`,
  );
  return file;
}

/** Starts etcd and the API server. They need a few seconds; {@link waitForApi} tells when. */
export function startApi(): void {
  const etcd = `http://${addresses.etcd}`;
  start('etcd', [
    join(paths.bin, 'etcd'),
    `--data-dir=${join(paths.run, 'etcd')}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=http://${addresses.etcdPeer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ]);
  const [host = '', port = ''] = addresses.apiServer.split(':');
  start('apiserver', [
    join(paths.bin, 'kube-apiserver'),
    `--etcd-servers=${etcd}`,
    `--bind-address=${host}`,
    `--secure-port=${port}`,
    // For pods; it must not be a loopback address. The stand-ins' process forwards it.
    `--advertise-address=${addresses.bridge}`,
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    '--authorization-mode=Node,RBAC',
    '--service-account-issuer=https://lab',
    `--service-account-key-file=${pki('service-accounts.pub')}`,
    `--service-account-signing-key-file=${pki('service-accounts.key')}`,
    `--service-cluster-ip-range=${addresses.serviceRange}`,
    '--allow-privileged=true',
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-client-certificate=${pki('kubelet-client.crt')}`,
    `--kubelet-client-key=${pki('kubelet-client.key')}`,
  ]);
}

/** Waits until the API server says that it is ready. */
export async function waitForApi(): Promise<void> {
  await waitUntil(async () => (await kubectl(['get', '--raw', '/readyz'])) === 'ok', { what: 'the API server', timeoutMs: 90_000, giveUp: endedProcess });
}

/** Starts the controller manager: without it no ReplicaSets, no ServiceAccounts, no garbage collection. */
export function startControllerManager(): void {
  start('controller-manager', [
    join(paths.bin, 'kube-controller-manager'),
    `--kubeconfig=${writeCertificateKubeconfig('controller-manager')}`,
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${pki('service-accounts.key')}`,
    `--root-ca-file=${pki('ca.crt')}`,
    '--secure-port=0',
    '--leader-elect=false',
  ]);
}

/** Starts the scheduler. */
export function startScheduler(): void {
  start('scheduler', [join(paths.bin, 'kube-scheduler'), `--kubeconfig=${writeCertificateKubeconfig('scheduler')}`, '--secure-port=0', '--leader-elect=false']);
}
