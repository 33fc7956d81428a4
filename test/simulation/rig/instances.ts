import type { PortCall } from '../../../src/adapters/simulated/intercept.ts';
import { mortalPorts } from '../../../src/adapters/simulated/mortal-ports.ts';
import { labelSelector } from '../../../src/adapters/simulated/selectors.ts';
import type { SimulatedWorld } from '../../../src/adapters/simulated/simulated-world.ts';
import type { EnginePorts } from '../../../src/app/ports.ts';
import { ChangeoverError } from '../../../src/core/error.ts';
import type { Cluster, ListQuery, WriteOptions } from '../../../src/ports/cluster.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { AuditLog } from './audit-log.ts';
import { groupsOf, type Aim, type CallGroup, type Fault } from './fault-plan.ts';

type Aimed = Exclude<Fault, { readonly kind: 'rival' | 'writer' }>;

/** What faults still have to do, shared by all instances of a run: calls are counted over all of them. */
export class FaultState {
  readonly counts: Record<CallGroup, number> = { journal: 0, patch: 0, record: 0, read: 0, any: 0 };
  readonly #waiting: Set<Aimed>;
  readonly #answering = new Map<Fault & { readonly kind: 'answer' }, number>();
  #stale: { readonly until: number; readonly lagMs: number } | undefined;

  constructor(faults: readonly Fault[]) {
    this.#waiting = new Set(faults.filter((fault) => fault.kind !== 'rival' && fault.kind !== 'writer'));
  }

  count(call: PortCall): void {
    for (const group of groupsOf(call)) this.counts[group] += 1;
  }

  /** Faults that strike at this call; each strikes once. */
  strike(call: PortCall, when: Aim['when']): readonly Aimed[] {
    const groups = groupsOf(call);
    const due = [...this.#waiting].filter(({ aim }) => aim.when === when && groups.includes(aim.group) && this.counts[aim.group] >= aim.nth);
    for (const fault of due) this.#waiting.delete(fault);
    return due;
  }

  begin(fault: Fault & { readonly kind: 'answer' }): void {
    this.#answering.set(fault, fault.times);
  }

  /** How this call is answered, if in a special way. */
  answer(call: PortCall): (Fault & { readonly kind: 'answer' })['answer'] | undefined {
    const groups = groupsOf(call);
    for (const [fault, left] of this.#answering) {
      if (!groups.includes(fault.aim.group)) continue;
      if (left === 1) this.#answering.delete(fault);
      else this.#answering.set(fault, left - 1);
      return fault.answer;
    }
    return undefined;
  }

  beginStale(fault: Fault & { readonly kind: 'stale' }, now: number): void {
    this.#stale = { until: now + fault.forMs, lagMs: fault.lagMs };
  }

  /** The moment reads are served from; undefined = now. */
  readsFrom(now: number): number | undefined {
    return this.#stale && now < this.#stale.until ? now - this.#stale.lagMs : undefined;
  }
}

export interface Instance {
  readonly name: string;
  readonly ports: EnginePorts;
  /** Resolves when it was killed, with how long nothing replaces it. */
  readonly killed: Promise<number>;
  /** Resolves when it was stopped by SIGSTOP; it goes on by itself. */
  readonly frozen: Promise<void>;
}

export interface InstanceOptions {
  readonly world: SimulatedWorld;
  readonly audit: AuditLog;
  readonly faults: FaultState;
  readonly number: number;
  readonly ports: Omit<EnginePorts, 'cluster' | 'clock' | 'identity'>;
  /** What stands between an engine and the API server besides: to break invariants on purpose. */
  readonly breakPorts?: (ports: EnginePorts, instance: number) => EnginePorts;
}

/** An engine's ports as faults leave them. From outside in: process (kill, stop), network (answers), old reads, audit. */
export function openInstance(options: InstanceOptions): Instance {
  const { world, audit, faults, number, breakPorts = (ports) => ports } = options;
  const name = `engine-${number}`;
  const killed = Promise.withResolvers<number>();
  const frozen = Promise.withResolvers<void>();
  let thaw: Promise<void> | undefined;
  const strike = async (call: PortCall, when: Aim['when']): Promise<void> => {
    for (const fault of faults.strike(call, when)) {
      if (fault.kind === 'kill') {
        mortal.kill();
        killed.resolve(fault.downMs);
      }
      if (fault.kind === 'freeze') {
        thaw = world.clock.sleep(fault.forMs);
        frozen.resolve();
      }
      if (fault.kind === 'answer') faults.begin(fault);
      if (fault.kind === 'stale') faults.beginStale(fault, world.clock.now());
    }
    await thaw;
  };
  const clock: Clock = {
    now: () => world.clock.now(),
    sleep: async (ms, signal) => {
      try {
        await world.clock.sleep(ms, signal);
      } finally {
        await thaw;
      }
    },
  };
  const direct = audit.attribute(world.connect({ user: 'changeover' }), name);
  const ports = breakPorts({ ...options.ports, cluster: readingOld(direct, { world, audit, faults }), clock, identity: name }, number);
  const mortal = mortalPorts<EnginePorts>(ports, {
    before: async (call) => {
      faults.count(call);
      await strike(call, 'before');
      await answerBefore(call, { world, faults, cluster: ports.cluster });
    },
    after: async (call) => {
      await answerAfter(call);
      await strike(call, 'after');
    },
  });
  return { name, ports: mortal.ports, killed: killed.promise, frozen: frozen.promise };
}

const lost = new WeakSet<PortCall['args']>();

async function answerBefore(call: PortCall, at: { readonly world: SimulatedWorld; readonly faults: FaultState; readonly cluster: Cluster }): Promise<void> {
  if (call.port !== 'cluster') return;
  const answer = at.faults.answer(call);
  const isWrite = call.method === 'patch' || call.method === 'replace' || call.method === 'create';
  switch (answer) {
    case 'drop-request':
    case '500':
      throw new ChangeoverError('unreachable', answer === '500' ? 'HTTP 500' : 'connection reset', { retryable: true });
    case 'drop-response':
      lost.add(call.args);
      return;
    case '409':
      if (call.method === 'replace') throw new ChangeoverError('conflict', 'HTTP 409: the object has been modified');
      return;
    case '422':
      if (call.method === 'patch' && !isDryRun(call)) throw new ChangeoverError('precondition', 'HTTP 422: the test failed');
      return;
    case '429':
      throw new ChangeoverError('rate-limited', 'HTTP 429', { retryable: true, retryAfterMs: 3_000 });
    case 'slow':
      return at.world.clock.sleep(7_000);
    case 'twice':
      if (isWrite) await Reflect.apply(at.cluster[call.method as 'patch'], at.cluster, call.args as Parameters<Cluster['patch']>).catch(() => undefined);
      return;
    case undefined:
  }
}

/** What a dry run refuses is an answer about the change itself, and no passing trouble. */
function isDryRun({ args }: PortCall): boolean {
  return (args[2] as WriteOptions | undefined)?.dryRun === true;
}

async function answerAfter(call: PortCall): Promise<void> {
  if (lost.delete(call.args)) throw new ChangeoverError('unreachable', 'the connection was closed before the answer came', { retryable: true });
}

/** Lists ReplicaSets and pods as they were a while ago, while a fault says so. Single objects and records come from the quorum, as on a real server. */
function readingOld(cluster: Cluster, at: Pick<InstanceOptions, 'world' | 'audit' | 'faults'>): Cluster {
  const kinds = new Set(['ReplicaSet', 'Pod']);
  const moment = (kind: string): number | undefined => (kinds.has(kind) ? at.faults.readsFrom(at.world.clock.now()) : undefined);
  const list = (query: ListQuery, from: number) => {
    const matches = labelSelector(query.labelSelector);
    return at.audit
      .asOf(query.resource.kind, from)
      .filter((object) => matches(object) && (query.namespace === undefined || object.metadata.namespace === query.namespace));
  };
  return {
    identity: (signal) => cluster.identity(signal),
    create: (...args) => cluster.create(...args),
    replace: (...args) => cluster.replace(...args),
    patch: (...args) => cluster.patch(...args),
    delete: (...args) => cluster.delete(...args),
    logs: (...args) => cluster.logs(...args),
    can: (...args) => cluster.can(...args),
    watch: (...args) => cluster.watch(...args),
    serviceJson: (...args) => cluster.serviceJson(...args),
    close: () => cluster.close(),
    get: (...args) => cluster.get(...args),
    list: async (query, signal) => {
      const from = moment(query.resource.kind);
      return from === undefined ? cluster.list(query, signal) : list(query, from);
    },
  };
}
