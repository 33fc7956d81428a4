import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from '../paths.ts';
import { runCommand } from '../run-command.ts';

/** A certificate the lab's authority signs: a server with its names, or a client whose name and groups the API server reads from it. */
interface Leaf {
  readonly name: string;
  readonly subject: string;
  /** Subject alternative names of a server; a client has none. */
  readonly serves?: string;
}

const leaves: readonly Leaf[] = [
  { name: 'apiserver', subject: '/CN=kube-apiserver', serves: 'IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes.default.svc' },
  { name: 'webhook', subject: '/CN=sidecar-stand-in', serves: 'IP:127.0.0.1' },
  { name: 'admin', subject: '/O=system:masters/CN=admin' },
  { name: 'kubelet-client', subject: '/O=system:masters/CN=kube-apiserver-kubelet-client' },
  { name: 'controller-manager', subject: '/CN=system:kube-controller-manager' },
  { name: 'scheduler', subject: '/CN=system:kube-scheduler' },
  { name: 'kubelet', subject: '/O=system:nodes/CN=system:node:node1' },
  { name: 'proxy', subject: '/CN=system:kube-proxy' },
  { name: 'viewer', subject: '/CN=viewer' },
];

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes the authority, every certificate and the key that signs service account tokens, in `run/pki`. */
export async function makeCertificates(): Promise<void> {
  mkdirSync(paths.pki, { recursive: true });
  await openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '3650', '-subj', '/CN=changeover-lab');
  await Promise.all(leaves.map(makeLeaf));
  await openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'service-accounts.key');
  await openssl('pkey', '-in', 'service-accounts.key', '-pubout', '-out', 'service-accounts.pub');
}

/** The path of a file `makeCertificates` made. */
export function pki(file: string): string {
  return join(paths.pki, file);
}

async function makeLeaf(leaf: Leaf): Promise<void> {
  const usage = leaf.serves === undefined ? 'extendedKeyUsage=clientAuth\n' : `extendedKeyUsage=serverAuth\nsubjectAltName=${leaf.serves}\n`;
  writeFileSync(pki(`${leaf.name}.ext`), usage);
  await openssl('req', '-new', ...newKey, '-keyout', `${leaf.name}.key`, '-out', `${leaf.name}.csr`, '-subj', leaf.subject);
  const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-set_serial', `0x${Buffer.from(leaf.name).toString('hex').slice(0, 38)}`];
  await openssl('x509', '-req', '-in', `${leaf.name}.csr`, ...authority, '-days', '3650', '-extfile', `${leaf.name}.ext`, '-out', `${leaf.name}.crt`);
}

async function openssl(...args: readonly string[]): Promise<void> {
  await runCommand('openssl', args, { cwd: paths.pki });
}
