import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubectl } from '../kubectl.ts';
import { addresses, paths } from '../paths.ts';
import { pki } from './certificates.ts';

/** Writes a kubeconfig whose user is a client certificate of `run/pki`, and returns its path. */
export function writeCertificateKubeconfig(certificate: string, file = join(paths.run, `${certificate}.kubeconfig`)): string {
  return writeKubeconfig(file, { 'client-certificate-data': base64(`${certificate}.crt`), 'client-key-data': base64(`${certificate}.key`) });
}

/** Writes the kubeconfig of the ServiceAccount `changeover`: a token bound to it, good for a year. */
export async function writeChangeoverKubeconfig(): Promise<void> {
  const token = await kubectl(['create', 'token', 'changeover', '-n', 'changeover', '--duration', '8760h']);
  writeKubeconfig(paths.changeoverKubeconfig, { token: token.trim() });
}

function writeKubeconfig(file: string, user: object): string {
  const cluster = { server: `https://${addresses.apiServer}`, 'certificate-authority-data': base64('ca.crt') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster }],
    users: [{ name: 'user', user }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'user' } }],
    'current-context': 'lab',
  };
  writeFileSync(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
  return file;
}

function base64(file: string): string {
  return readFileSync(pki(file)).toString('base64');
}
