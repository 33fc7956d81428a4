import type { PolicyFiles } from '../core/plan/delivery.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { Journal } from '../ports/journal.ts';
import type { LayerReader } from '../ports/layer-reader.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { ReleaseGate } from '../ports/release-gate.ts';
import type { Registry } from '../ports/registry.ts';
import type { RunCommand } from '../ports/run-command.ts';
import type { TraceStore } from '../ports/trace-store.ts';
import type { AgentFiles } from './agent-files.ts';

/** What reading the fleet needs. */
export interface ReadPorts {
  readonly cluster: Cluster;
  readonly registry: Registry;
  readonly layers: LayerReader;
  readonly clock: Clock;
  /** The new agent's files, from the policy's `to.files`; read at most once. */
  readonly agentFiles: () => Promise<AgentFiles>;
  /** The policy's `image.files`: contents by their name in the image; read at most once. */
  readonly policyFiles: () => Promise<PolicyFiles>;
  /** Runs the policy's `image.sign`; left out = no program can be run from here. */
  readonly runCommand?: RunCommand;
}

/** What driving a run needs besides. */
export interface EnginePorts extends ReadPorts {
  /** Left out = nobody is told. */
  readonly notifier?: Notifier;
  /** Asks release systems (`gates`); left out = a run whose policy has gates waits. */
  readonly releaseGate?: ReleaseGate;
  /** Undefined where the policy names no trace store. */
  readonly traces: TraceStore | undefined;
  readonly journal: (clusterId: string, run: string) => Promise<Journal>;
  /** Name of this instance in Leases: host, process and a random part. */
  readonly identity: string;
  /** A registry client with the credentials of these pull secrets alone; left out = no proof that nodes may pull. */
  readonly pullAs?: (secrets: readonly SecretName[]) => Registry;
}

/** A Secret by namespace and name. */
export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}
