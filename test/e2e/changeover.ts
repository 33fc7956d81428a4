import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lab } from '../../lab/lab.ts';

const launcher = join(dirname(fileURLToPath(import.meta.url)), '../../bin/changeover');

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedCommand {
  readonly child: ChildProcess;
  readonly done: Promise<Outcome>;
  /** Resolves once standard output holds the text; rejects when the command ends before. */
  seen(text: string): Promise<void>;
}

/** A folder of one test with its own journal and cache, where `changeover` runs as the restricted ServiceAccount. */
export function workFolder(): string {
  return mkdtempSync(join(tmpdir(), 'changeover-e2e-'));
}

/** Starts `changeover` as a process of its own, as a user would. */
export function start(folder: string, args: readonly string[], env: { readonly [name: string]: string } = {}): StartedCommand {
  const child = spawn(launcher, [...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, KUBECONFIG: lab.changeoverKubeconfig, XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache'), ...env },
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk));
  const done = new Promise<Outcome>((resolve) => child.on('close', (code, signal) => resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 128), ...text })));
  const seen = async (wanted: string): Promise<void> => {
    let ended = false;
    void done.then(() => (ended = true));
    while (!text.stdout.includes(wanted)) {
      if (ended) throw new Error(`changeover ended before it said ${wanted}:\n${text.stdout}\n${text.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return { child, done, seen };
}

/** Runs `changeover` to its end. */
export async function run(folder: string, args: readonly string[], env: { readonly [name: string]: string } = {}): Promise<Outcome> {
  return await start(folder, args, env).done;
}

/** Writes the policy of these tests: the example's shape, with a soak of seconds. */
export function writePolicy(folder: string, spec: { readonly [member: string]: unknown } = {}): string {
  const file = join(folder, 'policy.yaml');
  const document = {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'Changeover',
    metadata: { name: 'e2e' },
    spec: {
      select: {
        namespaces: ['shop'],
        requireSidecar: ['istio-proxy'],
        container: { namePrefixOfWorkload: true, skip: ['istio-proxy', 'filebeat*', 'log*', '*-log-collector'] },
      },
      from: { agent: 'skywalking' },
      to: { agent: 'opentelemetry', files: { path: lab.opentelemetryJar }, env: { OTEL_EXPORTER_OTLP_ENDPOINT: lab.otlpEndpoint } },
      rollout: { soak: '10s', waves: [1, 10] },
      verify: { jaeger: lab.jaegerQueryUrl },
      ...spec,
    },
  };
  writeFileSync(file, JSON.stringify(document, null, 2));
  return file;
}

/** The last JSON document a command printed on standard output. */
export function json<T>(outcome: Outcome): T {
  try {
    return JSON.parse(outcome.stdout) as T;
  } catch {
    throw new Error(`not JSON (exit ${outcome.code}):\n${outcome.stdout.slice(0, 2000)}\n${outcome.stderr.slice(0, 2000)}`);
  }
}
