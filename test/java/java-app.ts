import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startOtlpSink } from './otlp-sink.ts';
import type { ReceivedSpan } from './otlp-sink.ts';

const java = join(import.meta.dirname, '..', '..', 'java');
const app = join(java, 'toolkit-app', 'target');

/** What `mvn package` in `java/` leaves: the bridge, the agent it is for, the application, another extension, a toolkit class as it might become. */
export const built = {
  bridge: join(java, 'bridge', 'target', 'changeover-bridge.jar'),
  agent: join(app, 'opentelemetry-javaagent.jar'),
  app: join(app, 'toolkit-app.jar'),
  otherExtension: join(app, 'toolkit-app-other-extension.jar'),
  changedToolkit: join(app, 'test-classes'),
} as const;

/** How the application is started. */
export interface AppStart {
  /** The `java` command; default: the one on the PATH. */
  readonly java?: string;
  /** The value of `-javaagent:`; default: none. */
  readonly agent?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Before the application's own jar. */
  readonly classPath?: string;
  readonly jvmOptions?: readonly string[];
  /** Headers of the application's one request to itself, which it then sends without a tracing client: what comes in is exactly this. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Put before the whole command, as `unshare` is. */
  readonly within?: readonly string[];
}

/** How it went. */
export interface AppRun {
  readonly exitCode: number | null;
  /** What the application said, by its first two words: `ids inside`, `logback-mdc outside`, … */
  readonly said: Readonly<Record<string, string>>;
  readonly stdout: string;
  /** The agent's log, and the JVM's. */
  readonly log: string;
  readonly spans: readonly ReceivedSpan[];
}

/** Runs the application to its end, with a sink of its own for what an agent sends. Throws when `java/` is not built. */
export async function runApp(start: AppStart = {}): Promise<AppRun> {
  const missing = Object.values(built).find((path) => !existsSync(path));
  if (missing !== undefined) throw new Error(`${missing} is not there: run "mvn -B -q package" in java/ first`);
  const sink = await startOtlpSink();
  try {
    const { exitCode, stdout, stderr } = await runCommand(commandOf(start), { ...environment(sink.url), ...start.env });
    return { exitCode, said: saidIn(stdout), stdout, log: stderr, spans: sink.spans };
  } finally {
    sink.close();
  }
}

function commandOf(start: AppStart): readonly string[] {
  const headers = Object.entries(start.headers ?? {}).map(([name, value]) => `${name}=${value}`);
  return [
    ...(start.within ?? []),
    start.java ?? 'java',
    '-XX:TieredStopAtLevel=1',
    ...(start.agent === undefined ? [] : [`-javaagent:${start.agent}`]),
    ...(headers.length === 0 ? [] : ['-Dotel.instrumentation.http-url-connection.enabled=false']),
    ...(start.jvmOptions ?? []),
    '-cp',
    [...(start.classPath === undefined ? [] : [start.classPath]), built.app].join(':'),
    'dev.changeover.toolkitapp.Main',
    ...headers,
  ];
}

/** Nothing of this process but where programs are; of the agent, traces to the sink alone. */
function environment(sink: string): Readonly<Record<string, string>> {
  return {
    PATH: process.env['PATH'] ?? '',
    OTEL_EXPORTER_OTLP_ENDPOINT: sink,
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  };
}

function runCommand([command = '', ...args]: readonly string[], env: Readonly<Record<string, string>>) {
  return new Promise<{ exitCode: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 240_000 });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.on('error', reject).on('close', (exitCode) => resolve({ exitCode, ...output }));
  });
}

function saidIn(stdout: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    stdout.split('\n').flatMap((line): readonly (readonly [string, string])[] => {
      if (line.startsWith('{')) return [saidInJson(JSON.parse(line))];
      const said = /^(\S+ (?:inside|outside)) (.*)$/.exec(line);
      return said === null ? [] : [[said[1] ?? '', said[2] ?? '']];
    }),
  );
}

/** A log line of the JSON layout, in the form of the others; a field that is left out is empty. */
function saidInJson(line: { logger_name: string; message: string; TID?: string; SW_CTX?: string }): readonly [string, string] {
  return [`${line.logger_name} ${line.message}`, `[${line.TID ?? ''}] [${line.SW_CTX ?? ''}]`];
}
