/** One gRPC message of a report of segments, copied while it passed. */
export interface SegmentMessage {
  /** `segment`: a SegmentObject (`collect`); `collection`: a SegmentCollection (`collectInSync`). */
  readonly kind: 'segment' | 'collection';
  readonly bytes: Buffer;
}

/** Where copies go. Nothing here waits: who copies must never hold up what passes. */
export interface SegmentIntake {
  /** Asks for room for so many bytes more; false = leave this message out. */
  reserve(bytes: number): boolean;
  /** Gives room back that was reserved and not used. */
  release(bytes: number): void;
  /** Hands over a whole message whose bytes are reserved. */
  add(message: SegmentMessage): void;
  /** Counts a message that cannot be copied: larger than the limit, in an unknown compression, or without room. */
  lose(reason: 'unreadable' | 'bufferFull'): void;
}

/** Whether the other side could be reached when last tried; `unknown` before. */
export interface PeerState {
  readonly state: 'unknown' | 'up' | 'down';
  /** What is wrong while it is down. */
  readonly problem?: string;
}

export interface RelayStatus {
  readonly connections: number;
  /** Calls passed on since the start. */
  readonly calls: number;
  /** Calls answered with UNAVAILABLE, since the backend was away. */
  readonly unavailable: number;
  readonly backend: PeerState;
}

/** The open proxy. */
export interface Relay {
  /** `host:port` it listens on. */
  readonly address: string;
  status(): RelayStatus;
  /** Accepts nothing more, lets calls in flight finish for so many milliseconds, then cuts them. */
  close(graceMs: number): Promise<void>;
}

/** One OTLP request, ready to be sent. */
export interface SpanBatch {
  /** ExportTraceServiceRequest in JSON, as UTF-8. */
  readonly body: Uint8Array;
  readonly segments: number;
  /** Messages and segments that could not be read. */
  readonly unreadable: number;
  /** Messages that did not fit: the next batches hold them. */
  readonly waiting: number;
}

/** Services and calls seen in segments. */
export interface SeenTopology {
  readonly services: readonly string[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly calls: number }[];
}

/** Makes requests of messages, beside the thread that forwards. Nothing here rejects: what is lost is counted as unreadable. */
export interface SpanConverter {
  /** Takes messages and makes one request of bounded size; while some wait, it is to be called again, with none. One call at a time. */
  convert(messages: readonly SegmentMessage[]): Promise<SpanBatch>;
  /** What was seen since this was last asked. */
  topology(): Promise<SeenTopology>;
  close(): Promise<void>;
}

/** How one attempt to deliver spans ended. */
export type SendResult =
  | { readonly kind: 'accepted'; readonly rejectedSpans: number }
  | { readonly kind: 'retry'; readonly problem: string; readonly retryAfterMs?: number }
  | { readonly kind: 'refused'; readonly problem: string };

/** The new pipeline. */
export interface SpanSink {
  /** One attempt to deliver an OTLP ExportTraceServiceRequest in JSON. Never rejects. */
  send(body: Uint8Array, signal: AbortSignal): Promise<SendResult>;
  close(): Promise<void>;
}

/** Where the proxy listens and what it stands in front of. Certificates and keys are PEM texts. */
export interface RelaySettings {
  readonly listen: { readonly host: string; readonly port: number; readonly tls?: { readonly cert: string; readonly key: string } };
  readonly backend: { readonly host: string; readonly port: number; readonly tls?: { readonly ca?: string } };
}

/** Where spans go. */
export interface SinkSettings {
  /** The Collector's OTLP/HTTP address; `/v1/traces` is added where it has no path. */
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  /** PEM. */
  readonly ca?: string;
}
