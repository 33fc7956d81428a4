import { execFile } from 'node:child_process';
import { isAbsolute, resolve } from 'node:path';
import { ChangeoverError } from '../../core/error.ts';
import { redact } from '../../core/redact.ts';
import type { Login } from './connection.ts';
import type { CredentialOptions } from './credentials.ts';
import { execCredentialSchema } from './schema.ts';

export type ExecPlugin = NonNullable<Login['exec']>;

export interface PluginCredential {
  readonly token: string | undefined;
  readonly certificate: { readonly cert: string; readonly key: string } | undefined;
  /** Milliseconds since the epoch; Infinity when the plugin names no end. */
  readonly expires: number;
}

const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
const TIMEOUT_MS = 60_000;
const MAX_OUTPUT = 1024 * 1024;

/**
 * Runs a credential plugin (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins)
 * without a terminal. Whatever goes wrong is `denied`, naming the command and how to install it.
 */
export async function runPlugin(plugin: ExecPlugin, options: CredentialOptions & { readonly source: string }): Promise<PluginCredential> {
  const fail = (reason: string, cause?: unknown): ChangeoverError =>
    new ChangeoverError('denied', `the credential plugin "${plugin.command}" ${reason}`, {
      target: options.source,
      hint: plugin.installHint ?? 'Run the command by hand to see what it needs.',
      cause,
    });
  if (!VERSIONS.includes(plugin.apiVersion)) throw fail(`speaks ${plugin.apiVersion}; only ${VERSIONS.join(' and ')} are supported`);
  if (plugin.interactiveMode === 'Always') throw fail('wants a terminal (interactiveMode: Always), which it is not given here');
  const output = await run(plugin, options).catch((error: unknown) => {
    throw options.closed.aborted ? new ChangeoverError('aborted', 'the connection to the cluster was closed') : fail(reasonOf(error), error);
  });
  const parsed = execCredentialSchema.safeParse(parseJson(output));
  if (!parsed.success) throw fail('did not print an ExecCredential with a status');
  if (parsed.data.apiVersion !== plugin.apiVersion) throw fail(`answered as ${parsed.data.apiVersion}, not ${plugin.apiVersion}`);
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = parsed.data.status;
  if (token === undefined && cert === undefined) throw fail('gave neither a token nor a client certificate');
  if ((cert === undefined) !== (key === undefined)) throw fail('gave a client certificate without its key, or a key without its certificate');
  const expires = expirationTimestamp === undefined ? Infinity : Date.parse(expirationTimestamp);
  if (Number.isNaN(expires)) throw fail(`gave "${expirationTimestamp}" as expirationTimestamp, which is not a time`);
  return { token, certificate: cert !== undefined && key !== undefined ? { cert, key } : undefined, expires };
}

async function run(plugin: ExecPlugin, { env, closed }: CredentialOptions): Promise<string> {
  const command = /[/\\]/.test(plugin.command) && !isAbsolute(plugin.command) ? resolve(plugin.directory, plugin.command) : plugin.command;
  const info = { apiVersion: plugin.apiVersion, kind: 'ExecCredential', spec: { cluster: plugin.clusterInfo, interactive: false } };
  const own = Object.fromEntries(plugin.env.map(({ name, value }) => [name, value]));
  const settings = {
    env: { ...env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT,
    killSignal: 'SIGKILL',
    signal: closed,
    windowsHide: true,
  } as const;
  return await new Promise((done, fail) => {
    const child = execFile(command, [...plugin.args], settings, (error, stdout, stderr) => {
      if (error) fail(Object.assign(error, { stderr }));
      else done(stdout);
    });
    child.stdin?.end();
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `failed: ${String(error)}`;
  const { code, killed, stderr } = error as Error & { readonly code?: unknown; readonly killed?: boolean; readonly stderr?: string };
  if (code === 'ENOENT') return 'is not installed or not on the PATH';
  if (code === 'EACCES') return 'may not be executed';
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `printed more than ${MAX_OUTPUT} bytes`;
  if (killed) return `did not end within ${TIMEOUT_MS / 1000} s`;
  const said = redact((stderr ?? '').trim().slice(0, 500));
  return `failed with exit code ${String(code)}${said === '' ? '' : `: ${said}`}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
