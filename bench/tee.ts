import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type ClientHttp2Session } from 'node:http2';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TeeStatus } from '../src/app/tee.ts';
import { encodeSegment, grpcFrame, ref, segment, span } from '../test/builders/segment.ts';
import { rounded } from './measure.ts';

const TARGETS = { addedP99Ms: 5, at: 5_000, highestRate: 20_000, memoryMiB: 400 } as const;
/** Agents report what gathered in about 20 milliseconds in one call. */
const LOAD = { agents: 20, segmentsACall: 5, spansASegment: 3 } as const;
const ROUNDS = 8;
const ROUND_MS = 1_000;
/** Segments per second that go directly while the tee is measured. */
const BESIDE_RATE = 1_000;
const STEP_MS = 2_500;
const STEPS = [10_000, 15_000, 20_000, 25_000, 30_000] as const;
/** The buffer is full after about four seconds. */
const AWAY = { maxBufferMiB: 16, rate: 5_000, fillMs: 5_000, thenMs: 7_000 } as const;
const TICK_MS = 5;
const PATH = '/skywalking.v3.TraceSegmentReportService/collect';
const changeover = join(import.meta.dirname, '../bin/changeover');

/** The tee on one core, with agents, backend and collector on the other: against the same agents without it. */
export async function benchTee(): Promise<object> {
  const pinned = pin(process.pid, 1);
  try {
    return await withPeers(async (peers) => ({ pinned, ...(await measure(peers)) }));
  } finally {
    if (pinned) spawnSync('taskset', ['-cap', `0-${availableParallelism() - 1}`, String(process.pid)]);
  }
}

async function measure(peers: Peers): Promise<object> {
  const latency = await compareLatency(peers);
  const steps = await findHighestRate(peers);
  const collectorAway = await measureAway(peers);
  const highestRate = Math.max(0, ...steps.filter((step) => step.sustained).map((step) => step.asked));
  const met = {
    addedP99: latency.addedP99Ms < TARGETS.addedP99Ms,
    highestRate: highestRate >= TARGETS.highestRate,
    memory: collectorAway.memoryMiB.atEnd < TARGETS.memoryMiB,
  };
  const load = { ...LOAD, bytesASegment: payload.length / LOAD.segmentsACall - 5 };
  return { load, latency, highestRate, steps, collectorAway, targets: TARGETS, met };
}

/** `direct`: nothing else goes on; `beside`: a few calls without the tee while it works, since the spans it sends cost the collector's core as well. */
interface Ways {
  readonly direct: Quantiles;
  readonly beside: Quantiles;
  readonly tee: Quantiles;
}

interface Latency {
  readonly segmentsPerSecond: number;
  readonly rounds: number;
  readonly calls: { readonly direct: number; readonly tee: number };
  /** Median over the rounds, and the best round of each side: what is left when the neighbours are quiet. */
  readonly medianMs: Ways;
  readonly fastestMs: Ways;
  /** Of the best rounds, against calls that went directly at the same time. */
  readonly addedP99Ms: number;
  /** Share of a core. */
  readonly teeCpu: number;
  readonly copied: { readonly seen: number; readonly sent: number; readonly lost: number };
}

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Both ways in turns at the same rate. A call is timed from its start to its trailers. */
async function compareLatency(peers: Peers): Promise<Latency> {
  const rounds = { direct: [] as Quantiles[], beside: [] as Quantiles[], tee: [] as Quantiles[] };
  const calls = { direct: 0, tee: 0 };
  let cpu = 0;
  const { status } = await withTee(peers, async (tee) => {
    await drive(tee.port, { rate: TARGETS.at, ms: 2_000 }); // warm
    keepOrder(tee.pid);
    for (let round = 0; round < ROUNDS; round += 1) {
      const direct = await drive(peers.backend, { rate: TARGETS.at, ms: ROUND_MS });
      const before = cpuSeconds(tee.pid);
      const [through, beside] = await Promise.all([
        drive(tee.port, { rate: TARGETS.at, ms: ROUND_MS }),
        drive(peers.backend, { rate: BESIDE_RATE, ms: ROUND_MS }),
      ]);
      cpu += cpuSeconds(tee.pid) - before;
      rounds.direct.push(quantiles(direct.times));
      rounds.tee.push(quantiles(through.times));
      rounds.beside.push(quantiles(beside.times));
      calls.direct += direct.calls;
      calls.tee += through.calls;
    }
  });
  const all = (share: number): Latency['medianMs'] => ({
    direct: overRounds(rounds.direct, share),
    beside: overRounds(rounds.beside, share),
    tee: overRounds(rounds.tee, share),
  });
  const fastestMs = all(0);
  const { seen, sent, lost } = status.segments;
  return {
    segmentsPerSecond: TARGETS.at,
    rounds: ROUNDS,
    calls,
    medianMs: all(0.5),
    fastestMs,
    addedP99Ms: rounded(fastestMs.tee.p99 - fastestMs.beside.p99, 2),
    teeCpu: rounded(cpu / ((ROUNDS * ROUND_MS) / 1_000), 2),
    copied: { seen, sent, lost: Object.values(lost).reduce((sum, count) => sum + count, 0) },
  };
}

/** Each figure by itself, at that place in the rounds' order. */
function overRounds(rounds: readonly Quantiles[], share: number): Quantiles {
  const at = (figure: keyof Quantiles): number => rounds.map((each) => each[figure]).sort((x, y) => x - y)[Math.floor((rounds.length - 1) * share)] ?? NaN;
  return { p50: at('p50'), p99: at('p99'), max: at('max') };
}

interface Step {
  readonly asked: number;
  readonly segmentsPerSecond: number;
  readonly sustained: boolean;
  readonly p99Ms: number;
  readonly teeCpu: number;
}

/** A rate is sustained when agents get through with it and every segment has reached the collector without a loss a second later. */
async function findHighestRate(peers: Peers): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const asked of STEPS) {
    let step: Step | undefined;
    const { status } = await withTee(peers, async (tee) => {
      await drive(tee.port, { rate: 2_000, ms: 1_000 }); // warm
      keepOrder(tee.pid);
      const cpu = cpuSeconds(tee.pid);
      const { times, calls, took } = await drive(tee.port, { rate: asked, ms: STEP_MS });
      const teeCpu = rounded((cpuSeconds(tee.pid) - cpu) / (took / 1_000), 2);
      await wait(1_000);
      const segmentsPerSecond = Math.round((calls * LOAD.segmentsACall * 1_000) / took);
      step = { asked, segmentsPerSecond, sustained: segmentsPerSecond > asked * 0.99, p99Ms: quantiles(times).p99, teeCpu };
    });
    if (step) steps.push({ ...step, sustained: step.sustained && status.segments.sent === status.segments.seen });
    if (steps.at(-1)?.sustained !== true) break;
  }
  return steps;
}

interface Away {
  readonly maxBufferMiB: number;
  readonly rate: number;
  /** Resident memory: when idle, once the buffer is full, and as long again later. */
  readonly memoryMiB: { readonly idle: number; readonly full: number; readonly atEnd: number };
  readonly p99Ms: number;
  readonly seen: number;
  readonly lost: TeeStatus['segments']['lost'];
}

/** The collector refuses connections: nobody but the buffer may notice. */
async function measureAway({ backend }: Peers): Promise<Away> {
  let memoryMiB = { idle: 0, full: 0, atEnd: 0 };
  let p99Ms = 0;
  const { maxBufferMiB, rate } = AWAY;
  const { status } = await withTee({ backend, collector: 1, maxBuffer: maxBufferMiB }, async (tee) => {
    const idle = residentMiB(tee.pid);
    await drive(tee.port, { rate, ms: AWAY.fillMs, waiting: true });
    const full = residentMiB(tee.pid);
    p99Ms = quantiles((await drive(tee.port, { rate, ms: AWAY.thenMs, waiting: true })).times).p99;
    memoryMiB = { idle, full, atEnd: residentMiB(tee.pid) };
  });
  return { maxBufferMiB, rate, memoryMiB, p99Ms, seen: status.segments.seen, lost: status.segments.lost };
}

const payload = Buffer.concat(Array.from({ length: LOAD.segmentsACall }, () => grpcFrame(makeSegment())));

function makeSegment(): Buffer {
  const http = [
    { key: 'url', value: 'http://orders:8080/orders/1234' },
    { key: 'http.method', value: 'GET' },
    { key: 'status_code', value: '200' },
  ];
  const sql = [
    { key: 'db.type', value: 'sql' },
    { key: 'db.instance', value: 'shop' },
    { key: 'db.statement', value: 'select * from orders where id = ?' },
  ];
  const spans = [
    span({ spanId: 2, parentSpanId: 0, type: 1, layer: 1, peer: 'db:3306', tags: sql }),
    span({ spanId: 1, parentSpanId: 0, type: 1, peer: 'stock:8080', tags: http }),
    span({ refs: [ref()], tags: http }),
  ];
  return encodeSegment(segment({ spans }));
}

interface Driven {
  /** Milliseconds of each call. */
  readonly times: readonly number[];
  readonly calls: number;
  readonly took: number;
}

interface DriveOptions {
  /** Segments per second. */
  readonly rate: number;
  readonly ms: number;
  /** As real agents: nobody starts a call before the last one was answered; calls that would be are left out. */
  readonly waiting?: boolean;
}

/** Sends calls at a rate of segments per second over all agents' connections, and waits for every answer. */
async function drive(port: number, { rate, ms, waiting = false }: DriveOptions): Promise<Driven> {
  const agents = await Promise.all(Array.from({ length: LOAD.agents }, () => openAgent(port)));
  // Agents keep their connections for days: the first call of each, which waits for the way to the backend, is not measured.
  await Promise.all(agents.map((agent) => report(agent, [])));
  const times: number[] = [];
  const calls: Promise<void>[] = [];
  const busy = new Set<ClientHttp2Session>();
  const start = performance.now();
  const callsPerMs = rate / LOAD.segmentsACall / 1_000;
  let turn = 0;
  for (let now = 0; now < ms; now = performance.now() - start) {
    for (const due = Math.floor(now * callsPerMs); turn < due; turn += 1) {
      const agent = agents[turn % agents.length];
      if (agent === undefined || (waiting && busy.has(agent))) continue;
      busy.add(agent);
      calls.push(report(agent, times).finally(() => busy.delete(agent)));
    }
    await wait(TICK_MS);
  }
  await Promise.all(calls);
  const took = performance.now() - start;
  for (const agent of agents) agent.destroy();
  return { times, calls: calls.length, took };
}

async function openAgent(port: number): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`);
  await once(session, 'connect');
  return session;
}

async function report(agent: ClientHttp2Session, times: number[]): Promise<void> {
  const start = performance.now();
  const call = agent.request({ ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc', te: 'trailers' });
  let status: unknown;
  call.on('trailers', (trailers) => (status = trailers['grpc-status']));
  call.resume().end(payload);
  await once(call, 'close');
  if (status !== '0') throw new Error(`a call ended with grpc-status ${String(status)}`);
  times.push(performance.now() - start);
}

interface Peers {
  readonly backend: number;
  readonly collector: number;
}

/** Backend and collector in a process of their own, so that the direct way crosses processes too. */
async function withPeers<T>(work: (peers: Peers) => Promise<T>): Promise<T> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.resolve('./tee-peers.ts'))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  pin(child.pid ?? 0, 1);
  const lines = createInterface({ input: child.stdout });
  try {
    const [line] = (await once(lines, 'line')) as [string];
    return await work(JSON.parse(line) as Peers);
  } finally {
    child.stdin.end(); // it ends with its input, also when this process is killed
  }
}

interface RunningTee {
  readonly port: number;
  readonly pid: number;
}

interface TeeSettings {
  readonly backend: number;
  readonly collector: number;
  readonly maxBuffer?: number;
}

/** Runs the program on core 0 while the work goes on, ends it with SIGTERM and returns its last word. */
async function withTee({ backend, collector, maxBuffer = 64 }: TeeSettings, work: (tee: RunningTee) => Promise<void>): Promise<{ readonly status: TeeStatus }> {
  const options = ['--backend', `127.0.0.1:${backend}`, '--otlp', `http://127.0.0.1:${collector}`, '--max-buffer', String(maxBuffer), '-o', 'json'];
  const child = spawn(changeover, ['tee', '--listen', '127.0.0.1:0', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = (): unknown => child.kill('SIGKILL');
  process.on('exit', kill);
  const pid = child.pid ?? 0;
  pin(pid, 0);
  let status: TeeStatus | undefined;
  const lines = createInterface({ input: child.stdout }).on('line', (line) => (status = JSON.parse(line) as TeeStatus));
  try {
    await Promise.race([once(lines, 'line'), once(lines, 'close')]);
    if (status === undefined) throw new Error('the tee did not start');
    await work({ port: Number(status.listen.split(':')[1]), pid });
    await end(child);
  } finally {
    kill();
    process.off('exit', kill);
  }
  if (status === undefined) throw new Error('the tee said nothing');
  return { status };
}

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
}

function pin(pid: number, core: number): boolean {
  return spawnSync('taskset', ['-cap', String(core), String(pid)]).status === 0;
}

/** Where all of this runs in real time (`chrt -r`), nice values mean nothing: the thread that has one goes last there as well. */
function keepOrder(pid: number): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const fields = statOf(`${pid}/task/${thread}`);
    if (Number(fields[16]) > 0 && Number(fields[37]) > 0) spawnSync('chrt', ['-r', '-p', '1', thread]);
  }
}

function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kib) / 1_024);
}

/** User and system time of a process, from fields 14 and 15 of /proc/PID/stat (100 ticks a second). */
function cpuSeconds(pid: number): number {
  const fields = statOf(String(pid));
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Fields of /proc/ID/stat from the third on. */
function statOf(id: string): readonly string[] {
  return readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
}

function quantiles(times: readonly number[]): Quantiles {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0, 2);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
