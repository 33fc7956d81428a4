import { baselineText, makeBaseline, type Baseline } from '../core/verify/baseline.ts';
import { createTopology } from '../core/sw8/topology.ts';
import type { Clock } from '../ports/clock.ts';
import type { PeerState, Relay, SegmentIntake, SpanConverter, SpanSink } from '../ports/tee.ts';
import { exportSpans, type SpanExport } from './export-spans.ts';
import { createSegmentBuffer, type SegmentBuffer } from './segment-buffer.ts';

/** What the tee tells of itself; counts are since its start. docs/spec/tee.md. */
export interface TeeStatus {
  readonly kind: 'TeeStatus';
  readonly time: string;
  readonly listen: string;
  readonly agents: { readonly connections: number; readonly calls: number; readonly unavailable: number };
  readonly segments: {
    readonly seen: number;
    readonly sent: number;
    readonly waiting: number;
    readonly lost: { readonly bufferFull: number; readonly undelivered: number; readonly refused: number; readonly unreadable: number };
  };
  readonly rejectedSpans: number;
  readonly buffer: { readonly bytes: number; readonly maxBytes: number };
  readonly backend: PeerState;
  readonly collector: PeerState;
  readonly baseline?: { readonly services: number; readonly edges: number; readonly problem?: string };
}

export interface TeePorts {
  readonly clock: Clock;
  openRelay(intake: SegmentIntake): Promise<Relay>;
  readonly converter: SpanConverter;
  readonly sink: SpanSink;
  /** Called when something has changed, at most every ten seconds, and at the end. */
  emit(status: TeeStatus): void;
  /** Keeps what was seen, whole or not at all. Absent = nobody wants a baseline. */
  readonly saveBaseline?: (text: string) => Promise<void>;
}

export interface TeeOptions {
  readonly maxBufferBytes: number;
  /** What an earlier tee wrote to the same file: this one goes on from there. */
  readonly before?: Baseline;
  readonly stop: AbortSignal;
}

const STATUS_MS = 10_000;
/** One baseline for so many looks at the state. */
const STATUSES_A_BASELINE = 6;
const GRACE_MS = 10_000;

/**
 * Runs the proxy and the export until the signal fires; then lets calls in flight finish, sends what waits, and returns. Throws `usage` when it cannot
 * listen, or cannot write the baseline at the start; later trouble is told in the status and stops nothing.
 */
export async function runTee(ports: TeePorts, options: TeeOptions): Promise<void> {
  const { clock, converter } = ports;
  const buffer = createSegmentBuffer(options.maxBufferBytes);
  const baseline = keepBaseline(ports, options.before);
  await baseline.save();
  const relay = await ports.openRelay(buffer);
  const spans = exportSpans({ buffer, converter, sink: ports.sink, clock });
  const look = (): TeeStatus => readStatus({ relay, spans, buffer, baseline }, { time: clock.now(), maxBytes: options.maxBufferBytes });
  await watch({ ports, look, baseline }, options.stop);
  await relay.close(GRACE_MS);
  await spans.finish(GRACE_MS);
  await ports.sink.close();
  await baseline.update();
  await converter.close();
  await baseline.trySave();
  ports.emit(look());
}

interface KeptBaseline {
  /** Takes over what the converter has seen. */
  update(): Promise<void>;
  save(): Promise<void>;
  /** As `save`; a failure is told in the status. */
  trySave(): Promise<void>;
  status(): TeeStatus['baseline'];
}

function keepBaseline({ clock, converter, saveBaseline }: TeePorts, before: Baseline | undefined): KeptBaseline {
  const topology = createTopology();
  const fromMs = before === undefined ? clock.now() : Date.parse(before.from);
  let problem: string | undefined;
  const make = (): Baseline =>
    makeBaseline(
      'tee',
      { fromMs, toMs: clock.now() },
      {
        services: [...(before?.services ?? []).map(({ name }) => name), ...topology.services()],
        edges: [...(before?.edges ?? []), ...topology.edges()],
      },
    );
  const save = async (): Promise<void> => saveBaseline?.(baselineText(make()));
  return {
    update: async () => {
      if (saveBaseline !== undefined) topology.merge(await converter.topology());
    },
    save,
    trySave: async () => {
      problem = await save().then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
    },
    status: () => {
      if (saveBaseline === undefined) return undefined;
      const { services, edges } = make();
      return { services: services.length, edges: edges.length, ...(problem === undefined ? {} : { problem }) };
    },
  };
}

interface Parts {
  readonly relay: Relay;
  readonly spans: SpanExport;
  readonly buffer: SegmentBuffer;
  readonly baseline: KeptBaseline;
}

function readStatus({ relay, spans, buffer, baseline }: Parts, { time, maxBytes }: { readonly time: number; readonly maxBytes: number }): TeeStatus {
  const { connections, calls, unavailable, backend } = relay.status();
  const { sent, undelivered, refused, unreadable, rejectedSpans, collector } = spans.status();
  const held = buffer.status();
  const kept = baseline.status();
  return {
    kind: 'TeeStatus',
    time: new Date(time).toISOString(),
    listen: relay.address,
    agents: { connections, calls, unavailable },
    segments: {
      seen: held.seen,
      sent,
      waiting: held.messages,
      lost: { bufferFull: held.bufferFull, undelivered, refused, unreadable: held.unreadable + unreadable },
    },
    rejectedSpans,
    buffer: { bytes: held.bytes, maxBytes },
    backend,
    collector,
    ...(kept === undefined ? {} : { baseline: kept }),
  };
}

interface Watched {
  readonly ports: TeePorts;
  readonly look: () => TeeStatus;
  readonly baseline: KeptBaseline;
}

/** Tells the state every ten seconds when it has changed, and keeps the baseline every minute, until the signal fires. */
async function watch({ ports, look, baseline }: Watched, stop: AbortSignal): Promise<void> {
  let told = '';
  for (let round = 0; !stop.aborted; round += 1) {
    await baseline.update();
    if (round > 0 && round % STATUSES_A_BASELINE === 0) await baseline.trySave();
    const status = look();
    const { time: _time, ...changing } = status;
    const text = JSON.stringify(changing);
    if (text !== told) ports.emit(status);
    told = text;
    await ports.clock.sleep(STATUS_MS, stop).catch(() => undefined);
  }
}
