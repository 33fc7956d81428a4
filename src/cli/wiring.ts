import type { ManifestSource } from '../app/convert-sources.ts';
import type { EnginePorts } from '../app/ports.ts';
import type { ImagePorts } from '../app/rewrite-reference.ts';
import type { Json } from '../core/json.ts';
import type { PlacedDocument } from '../core/policy/placed-document.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { ReadManifests } from '../ports/manifest-text.ts';
import type { Relay, RelaySettings, SegmentIntake, SinkSettings, SpanConverter, SpanSink } from '../ports/tee.ts';
import type { TopologySource } from '../ports/topology-source.ts';
import type { TraceStore } from '../ports/trace-store.ts';
import type { Rehearsal } from './rehearsal.ts';

/** A place text goes to: standard output or standard error. */
export interface TextOutput {
  readonly isTTY: boolean;
  /** Size of the terminal in cells; 80 x 24 where there is none. */
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

/** Which cluster, and as whom. */
export interface Connection {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly as?: string;
}

/** A policy with the directory its relative paths are relative to. */
export interface PlacedPolicy {
  readonly policy: Policy;
  readonly directory: string;
}

export interface OpenImages {
  readonly ports: ImagePorts;
  close(): Promise<void>;
}

export interface OpenEngine {
  readonly ports: EnginePorts;
  close(): Promise<void>;
}

/** The two ends of `tee`, and what lies between. */
export interface OpenTee {
  openRelay(settings: RelaySettings, intake: SegmentIntake): Promise<Relay>;
  openConverter(): SpanConverter;
  openSink(settings: SinkSettings): SpanSink;
}

/** Everything a command needs from outside the program; made in `main/`, faked in tests. */
export interface Wiring {
  readonly version: string;
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly stdinIsTTY: boolean;
  readonly env: { readonly [name: string]: string | undefined };
  readonly clock: Clock;
  /** `user@host`, for records of who decided what. */
  readonly user: string;
  /** Asks on the terminal and returns the line typed; empty at the end of input. */
  ask(question: string): Promise<string>;
  /** Text of a file (`usage` when it is missing or unreadable, `too-large` above the limit); `-` is standard input. */
  readTextFile(path: string, maxBytes: number): Promise<string>;
  /** Writes a file whole or not at all; a `secret` one can be read by its owner alone (0600), a `fresh` one must not exist yet; `folders` on the way are made. */
  writeTextFile(path: string, text: string, options?: { readonly secret?: boolean; readonly fresh?: boolean; readonly folders?: boolean }): Promise<void>;
  /** Directory of a file as an absolute path. */
  directoryOf(path: string): string;
  /** Texts of manifests: files, folders, and `-` for standard input; every byte as it is (`usage`, `too-large`, `invalid-file`). */
  readManifestFiles(paths: readonly string[]): Promise<readonly ManifestSource[]>;
  openManifests(): Promise<ReadManifests>;
  parseYaml(text: string, file: string): Promise<PlacedDocument>;
  formatYaml(value: Json): Promise<string>;
  openCluster(connection: Connection): Promise<Cluster>;
  /** Registry, layers and agent files, for commands that need no cluster. */
  openImages(placed: PlacedPolicy | undefined): Promise<OpenImages>;
  /** Registry, layers, journal and agent files around an open cluster. Closing it leaves the cluster open. */
  openEngine(cluster: Cluster, placed: PlacedPolicy | undefined): Promise<OpenEngine>;
  /** Folder of the journals, after proving that it can be written to; throws `usage`. */
  probeJournal(): Promise<string>;
  /** Undefined where the policy names no trace store. */
  openTraceStore(cluster: Cluster, policy: Policy): Promise<TraceStore | undefined>;
  /** SkyWalking's own query endpoint. */
  openTopologySource(url: string): Promise<TopologySource>;
  openTee(): Promise<OpenTee>;
  openRehearsal(options: { readonly seed: number; readonly paced: boolean }): Promise<Rehearsal>;
  /** Calls back on SIGINT and SIGTERM until disposed. */
  onInterrupt(callback: () => void): () => void;
}
