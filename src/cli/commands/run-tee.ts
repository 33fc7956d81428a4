import { runTee as tee, type TeePorts, type TeeStatus } from '../../app/tee.ts';
import { ChangeoverError } from '../../core/error.ts';
import type { Json } from '../../core/json.ts';
import { readBaseline, type Baseline } from '../../core/verify/baseline.ts';
import type { RelaySettings, SinkSettings } from '../../ports/tee.ts';
import type { ExitCode } from '../exit-code.ts';
import { listenForInterrupts } from '../interrupts.ts';
import type { CliOptions, Invocation } from '../invocation.ts';
import { formatTeeLine } from '../render/tee-line.ts';
import type { Wiring } from '../wiring.ts';

const MIB = 1024 * 1024;
const DEFAULT_BUFFER_MIB = 64;
const MAX_PEM_BYTES = MIB;
const MAX_BASELINE_BYTES = 64 * MIB;

/** `changeover tee`: runs until it is interrupted, then 130. */
export async function runTee({ wiring, options }: Invocation): Promise<ExitCode> {
  const relay = await readRelay(wiring, options);
  const sink = await readSink(wiring, options);
  const maxBufferBytes = bufferBytes(options);
  const before = await readBefore(wiring, options.baseline);
  const interrupts = listenForInterrupts(wiring);
  try {
    const open = await wiring.openTee();
    const ports: TeePorts = {
      clock: wiring.clock,
      openRelay: (intake) => open.openRelay(relay, intake),
      converter: open.openConverter(),
      sink: open.openSink(sink),
      emit: (status) => say(wiring, options, status),
      ...savesTo(wiring, options.baseline),
    };
    await tee(ports, { maxBufferBytes, stop: interrupts.stop, ...(before === undefined ? {} : { before }) });
    return 130;
  } finally {
    interrupts.dispose();
  }
}

function say(wiring: Wiring, { output }: CliOptions, status: TeeStatus): void {
  if (output === 'json') wiring.stdout.write(`${JSON.stringify(status)}\n`);
  else wiring.stderr.write(`${formatTeeLine(status)}\n`);
}

async function readRelay(wiring: Wiring, options: CliOptions): Promise<RelaySettings> {
  const { listenCert, listenKey, backendCa } = options;
  if ((listenCert === undefined) !== (listenKey === undefined)) throw usage('--listen-cert and --listen-key belong together', 'Give both, or neither.');
  const listen = addressOf('--listen', options.listen ?? '');
  const backend = addressOf('--backend', options.backend ?? '');
  const cert = await readPem(wiring, listenCert);
  const key = await readPem(wiring, listenKey);
  const ca = await readPem(wiring, backendCa);
  return {
    listen: { ...listen, ...(cert === undefined || key === undefined ? {} : { tls: { cert, key } }) },
    backend: { ...backend, ...(options.backendTls === true || ca !== undefined ? { tls: ca === undefined ? {} : { ca } } : {}) },
  };
}

async function readSink(wiring: Wiring, { otlp = '', otlpCa, otlpHeader = [] }: CliOptions): Promise<SinkSettings> {
  if (!URL.canParse(otlp) || !/^https?:$/.test(new URL(otlp).protocol))
    throw usage(
      `--otlp must be the http(s) address of the Collector, not ${otlp === '' ? 'missing' : otlp}`,
      'For example http://otel-collector.observability:4318.',
    );
  const ca = await readPem(wiring, otlpCa);
  const headers = Object.fromEntries(otlpHeader.map((header) => headerOf(header, wiring.env)));
  return { url: otlp, headers, ...(ca === undefined ? {} : { ca }) };
}

/** `name=value` or `name=env:VARIABLE`, so that a secret need not stand in the command line. */
function headerOf(header: string, env: Wiring['env']): readonly [string, string] {
  const [, name = '', value = ''] = /^([\w-]+)=(.*)$/.exec(header) ?? [];
  if (name === '') throw usage(`--otlp-header ${header.split('=', 1)[0]}: not a header`, 'Write name=value or name=env:VARIABLE.');
  if (!value.startsWith('env:')) return [name, value];
  const found = env[value.slice('env:'.length)];
  if (found === undefined) throw usage(`--otlp-header ${name}: the variable ${value.slice('env:'.length)} is not set`, 'Set it, or name another.');
  return [name, found];
}

function bufferBytes({ maxBuffer = DEFAULT_BUFFER_MIB }: CliOptions): number {
  if (maxBuffer < 1 || maxBuffer > 65_536) throw usage(`--max-buffer ${maxBuffer} is out of range`, 'Give MiB from 1 to 65536.');
  return maxBuffer * MIB;
}

/** `host:port`; an IPv6 address in brackets. */
function addressOf(option: string, text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([\da-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535)
    throw usage(
      `${option} must be an address with its port${text === '' ? '' : `, not ${text}`}`,
      'For example 0.0.0.0:11800, oap.skywalking:11800 or [::]:11800.',
    );
  return { host, port: Number(port) };
}

async function readPem(wiring: Wiring, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const text = await wiring.readTextFile(path, MAX_PEM_BYTES);
  if (!text.includes('-----BEGIN '))
    throw new ChangeoverError('invalid-file', `${path} is not a PEM file`, { target: path, hint: 'Give a file with -----BEGIN …-----.' });
  return text;
}

/** A baseline that an earlier tee wrote is continued; anything else is not overwritten. */
async function readBefore(wiring: Wiring, path: string | undefined): Promise<Baseline | undefined> {
  if (path === undefined) return undefined;
  const text = await wiring.readTextFile(path, MAX_BASELINE_BYTES).catch(() => undefined); // not there yet; a place that cannot be written to is told at once
  if (text === undefined) return undefined;
  const baseline = readBaseline(parseJson(text, path), path);
  if (baseline.source !== 'tee') throw usage(`${path} holds a baseline from ${baseline.source}`, 'Choose another file with --baseline.');
  return baseline;
}

function parseJson(text: string, path: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new ChangeoverError('invalid-file', `${path} is there already and is no baseline`, {
      target: path,
      hint: 'Choose another file with --baseline.',
      cause: error,
    });
  }
}

function savesTo(wiring: Wiring, path: string | undefined): Pick<TeePorts, 'saveBaseline'> {
  return path === undefined ? {} : { saveBaseline: (text) => wiring.writeTextFile(path, text) };
}

function usage(message: string, hint: string): ChangeoverError {
  return new ChangeoverError('usage', message, { hint });
}
