import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ChangeoverError } from '../../core/error.ts';
import type { Json } from '../../core/json.ts';
import { chooseContext, type Chosen, type ChosenContext, type KubeconfigOptions } from './kubeconfig.ts';
import type { ClusterEntry, ExecEntry, UserEntry } from './schema.ts';

/** How to reach a server and how to prove who we are; all files read but those that rotate. */
export interface Connection {
  /** Without a slash at its end; may have a path. */
  readonly server: string;
  /** PEM; undefined = the machine's own trust store. */
  readonly ca: string | undefined;
  readonly insecure: boolean;
  readonly serverName: string | undefined;
  readonly proxyUrl: string | undefined;
  readonly compress: boolean;
  readonly login: Login;
  readonly impersonate: Impersonation | undefined;
  /** For messages: the kubeconfig file, or the pod's account. */
  readonly source: string;
}

export interface Login {
  readonly certificate: { readonly cert: string; readonly key: string } | undefined;
  readonly token: string | undefined;
  /** Read again as it rotates; wins over `token`. */
  readonly tokenFile: string | undefined;
  readonly basic: { readonly username: string; readonly password: string } | undefined;
  readonly exec: (Omit<ExecEntry, 'provideClusterInfo'> & { readonly directory: string; readonly clusterInfo: Json | undefined }) | undefined;
}

export interface Impersonation {
  readonly user: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const ANONYMOUS: Login = { certificate: undefined, token: undefined, tokenFile: undefined, basic: undefined, exec: undefined };

/** Settings from the kubeconfig, else from the pod we run in. `account` is where the pod's account is mounted. */
export async function findConnection(options: KubeconfigOptions & { readonly as?: string }, account = ACCOUNT): Promise<Connection> {
  const chosen = await chooseContext(options);
  const connection = chosen ? await fromContext(chosen) : await fromPod(options.env, account);
  if (options.as === undefined) return connection;
  return { ...connection, impersonate: { user: options.as, groups: [], extra: {} } };
}

async function fromPod(env: KubeconfigOptions['env'], account: string): Promise<Connection> {
  const host = env['KUBERNETES_SERVICE_HOST'];
  if (!host) {
    throw new ChangeoverError('usage', 'no cluster is configured: there is no kubeconfig, and this is not a pod', {
      hint: 'Name a file with --kubeconfig or in KUBECONFIG, or create ~/.kube/config.',
    });
  }
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] ?? '443'}`;
  const ca = await readText(`${account}/ca.crt`, account);
  const login = { ...ANONYMOUS, tokenFile: `${account}/token` };
  return {
    server,
    ca,
    insecure: false,
    serverName: undefined,
    proxyUrl: undefined,
    compress: true,
    login,
    impersonate: undefined,
    source: `the pod's account (${account})`,
  };
}

async function fromContext({ cluster, user }: ChosenContext): Promise<Connection> {
  const { entry } = cluster;
  const at = `clusters[${cluster.name}].cluster`;
  if (!URL.canParse(entry.server) || !/^https?:/.test(entry.server)) {
    throw new ChangeoverError('invalid-file', `${at}.server: "${entry.server}" is not an http(s) URL`, { target: cluster.file });
  }
  const ca = await readPem(cluster, { path: at, data: entry['certificate-authority-data'], file: entry['certificate-authority'] });
  if (ca !== undefined && entry['insecure-skip-tls-verify']) {
    throw new ChangeoverError('invalid-file', `${at}: certificate-authority and insecure-skip-tls-verify exclude each other`, { target: cluster.file });
  }
  return {
    server: entry.server.replace(/\/+$/, ''),
    ca,
    insecure: entry['insecure-skip-tls-verify'],
    serverName: entry['tls-server-name'],
    proxyUrl: entry['proxy-url'],
    compress: !entry['disable-compression'],
    login: user ? await loginOf(user, { entry, ca }) : ANONYMOUS,
    impersonate: user?.entry.as === undefined ? undefined : impersonationOf(user.entry, user.entry.as),
    source: user?.file ?? cluster.file,
  };
}

async function loginOf(user: Chosen<UserEntry>, cluster: { readonly entry: ClusterEntry; readonly ca: string | undefined }): Promise<Login> {
  const { entry } = user;
  const path = `users[${user.name}].user`;
  if (entry['auth-provider']) {
    throw new ChangeoverError('unsupported', `${path}.auth-provider: "${entry['auth-provider'].name}" cannot be used`, {
      target: user.file,
      hint: 'Use a credential plugin (exec), a token or a client certificate.',
    });
  }
  const cert = await readPem(user, { path, data: entry['client-certificate-data'], file: entry['client-certificate'] });
  const key = await readPem(user, { path, data: entry['client-key-data'], file: entry['client-key'] });
  if ((cert === undefined) !== (key === undefined)) {
    throw new ChangeoverError('invalid-file', `${path}: ${cert === undefined ? 'client-certificate' : 'client-key'} is missing`, { target: user.file });
  }
  return {
    certificate: cert !== undefined && key !== undefined ? { cert, key } : undefined,
    token: entry.token,
    tokenFile: entry.tokenFile === undefined ? undefined : resolve(dirname(user.file), entry.tokenFile),
    basic: entry.username === undefined ? undefined : { username: entry.username, password: entry.password ?? '' },
    exec: entry.exec && { ...entry.exec, directory: dirname(user.file), clusterInfo: entry.exec.provideClusterInfo ? clusterInfo(cluster) : undefined },
  };
}

/** `spec.cluster` of the ExecCredential that a plugin is given. */
function clusterInfo({ entry, ca }: { readonly entry: ClusterEntry; readonly ca: string | undefined }): Json {
  const config = entry.extensions.find((extension) => extension.name === 'client.authentication.k8s.io/exec')?.extension;
  return {
    server: entry.server,
    'tls-server-name': entry['tls-server-name'],
    'insecure-skip-tls-verify': entry['insecure-skip-tls-verify'] || undefined,
    'certificate-authority-data': ca === undefined ? undefined : Buffer.from(ca).toString('base64'),
    'proxy-url': entry['proxy-url'],
    config,
  };
}

function impersonationOf(entry: UserEntry, user: string): Impersonation {
  return { user, groups: entry['as-groups'], extra: entry['as-user-extra'], ...(entry['as-uid'] === undefined ? {} : { uid: entry['as-uid'] }) };
}

/** Inline data wins over a file, as in kubectl. */
async function readPem(
  owner: Chosen<unknown>,
  from: { readonly path: string; readonly data: string | undefined; readonly file: string | undefined },
): Promise<string | undefined> {
  if (from.data !== undefined) {
    const pem = Buffer.from(from.data, 'base64').toString('utf8');
    if (pem.includes('-----BEGIN ')) return pem;
    throw new ChangeoverError('invalid-file', `${from.path}: certificate or key data is not base64 of PEM`, { target: owner.file });
  }
  return from.file === undefined ? undefined : await readText(resolve(dirname(owner.file), from.file), `${owner.file} (${from.path})`);
}

async function readText(file: string, target: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ChangeoverError('invalid-file', `cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { target, cause });
  }
}
