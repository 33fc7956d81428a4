import { createSimulatedJournals } from '../../../src/adapters/simulated/simulated-journal.ts';
import type { SimulatedWorld } from '../../../src/adapters/simulated/simulated-world.ts';
import { seededRandom, type Random } from '../../../src/adapters/simulated/random.ts';
import { applyPlan } from '../../../src/app/apply-plan.ts';
import type { RunResult } from '../../../src/app/drive-run.ts';
import { makePlan } from '../../../src/app/make-plan.ts';
import type { EnginePorts } from '../../../src/app/ports.ts';
import { recordDecision } from '../../../src/app/record-decision.ts';
import { ChangeoverError } from '../../../src/core/error.ts';
import type { Plan } from '../../../src/core/plan/plan.ts';
import { parsePolicy } from '../../../src/core/policy/parse-policy.ts';
import type { Decision } from '../../../src/core/rollout/run-record.ts';
import type { JournalEntry } from '../../../src/ports/journal.ts';
import { AuditLog } from './audit-log.ts';
import { changedPaths } from './changed-paths.ts';
import { endOf, judgeEnd, type End } from './end.ts';
import { isTransparent, planFaults, type CallCounts, type Fault } from './fault-plan.ts';
import { agentFiles, describeFleet, FLEETS, openWorld, SOAK_MS, STATE_NAMESPACE, type Fleet } from './fleets.ts';
import { FaultState, openInstance, type Instance } from './instances.ts';
import { Oracle } from './oracle.ts';
import { writeAs } from './other-writers.ts';

/** What one seed came to. No violation = every invariant held. */
export interface Simulated {
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly violations: readonly string[];
  readonly end: End;
  readonly counts: CallCounts;
}

export interface SimulateOptions {
  /** In place of the seed's own faults. */
  readonly faults?: readonly Fault[];
  readonly breakPorts?: (ports: EnginePorts, instance: number) => EnginePorts;
  /** In place of the fleet's plan, for the engine alone: the oracle keeps the true one. */
  readonly misplan?: (plan: Plan) => Plan;
  /** Called with each line of what happens. */
  readonly trace?: (line: string) => void;
}

/** A run may take this long, all restarts included; more means that it hangs. Virtual milliseconds. */
const LIMIT_MS = 6 * 3_600_000;

interface Prepared {
  readonly fleet: Fleet;
  readonly plan: Plan;
  readonly twin: Simulated;
}

const prepared = new Map<number, Promise<Prepared>>();

/** Runs one seed: a fleet, the faults drawn for it, the real engine until nothing moves any more. */
export async function simulate(seed: number, options: SimulateOptions = {}): Promise<Simulated> {
  const { fleet, plan, twin } = await prepare(seed % FLEETS);
  const faults = options.faults ?? planFaults(seed, twin.counts);
  const simulated = await runOnce({ seed, fleet, plan, faults, options });
  if (!isTransparent(faults) || options.misplan) return simulated;
  return { ...simulated, violations: [...simulated.violations, ...differences(twin.end, simulated.end)] };
}

/** Plans a fleet once per process, and runs it without faults: what every seed of it is compared with. */
function prepare(number: number): Promise<Prepared> {
  const known = prepared.get(number) ?? prepareFleet(number);
  prepared.set(number, known);
  return known;
}

async function prepareFleet(number: number): Promise<Prepared> {
  const fleet = await describeFleet(number);
  const world = await openWorld(fleet);
  const policy = parsePolicy(fleet.policy, { file: 'policy', position: () => undefined });
  const ports = { ...sharedPorts(fleet, world), cluster: world.connect(), clock: world.clock };
  const plan = await makePlan(ports, { policy, directory: '/', layerScan: true, allow: [] });
  const run = () => runOnce({ seed: -1, fleet, plan, faults: [], options: {} });
  await run(); // pushes the images: later runs of the fleet all find them there
  return { fleet, plan, twin: await run() };
}

interface Run {
  readonly seed: number;
  readonly fleet: Fleet;
  readonly plan: Plan;
  readonly faults: readonly Fault[];
  readonly options: SimulateOptions;
}

async function runOnce(run: Run): Promise<Simulated> {
  const world = await openWorld(run.fleet);
  const audit = new AuditLog(world.store, world.clock);
  const faults = new FaultState(run.faults);
  const journal = keepJournals();
  const lagMs = Math.max(0, ...run.faults.map((fault) => (fault.kind === 'stale' ? fault.lagMs : 0)));
  const oracle = new Oracle({ plan: run.plan, audit, soakMs: SOAK_MS, journal: journal.lines, lagMs });
  if (run.options.trace) traceWrites(audit, run.options.trace);
  letOthersWrite(run, { world, audit });
  let instances = 0;
  const open = (): Instance =>
    openInstance({
      world,
      audit,
      faults,
      number: (instances += 1),
      ports: { ...sharedPorts(run.fleet, world), journal: journal.open },
      ...(run.options.breakPorts ? { breakPorts: run.options.breakPorts } : {}),
    });
  const over = new AbortController();
  const ended = await Promise.race([operate({ ...run, world, open }), world.clock.sleep(LIMIT_MS, over.signal).then(() => 'hangs' as const)]);
  over.abort();
  const problems = [...oracle.violations, ...(typeof ended === 'string' ? [`I11: the run ${ended}`] : judgeEnd(ended, { oracle, world }))];
  const end = endOf(world, oracle);
  return { seed: run.seed, faults: run.faults, violations: problems.map((each) => each.trim()), end, counts: { ...faults.counts } };
}

interface Operating extends Run {
  readonly world: SimulatedWorld;
  readonly open: () => Instance;
}

/** What a person, or a Job that is restarted, does: starts the next instance when one ends, and decides when the run halts. */
async function operate(run: Operating): Promise<RunResult | string> {
  const { world, seed, options } = run;
  const random = seededRandom(seed + 77);
  const rival = run.faults.find((fault) => fault.kind === 'rival');
  const rivalry = rival ? startRival(run, rival.atMs) : undefined;
  let decisions = 0;
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const outcome = await driveOnce(run, run.open());
    options.trace?.(`-- instance ended: ${typeof outcome === 'object' && 'exitCode' in outcome ? `exit ${outcome.exitCode}` : String(outcome)}`);
    if (outcome instanceof ChangeoverError) await world.clock.sleep(5_000);
    else if (outcome instanceof Error) return `was left by a bug: ${outcome.stack ?? outcome.message}`;
    else if (typeof outcome === 'number') await world.clock.sleep(outcome);
    else if ((outcome.exitCode === 3 || outcome.exitCode === 4) && outcome.status.phase === 'HALTED' && decisions < 8) {
      decisions += 1;
      await decideAs(run, random);
    } else return (await rivalry) ?? outcome;
  }
  return 'does not end';
}

/** Ends with a result, an error, or how long the dead instance's successor is away. One that is stopped is left behind, and goes on by itself. */
async function driveOnce(run: Operating, instance: Instance): Promise<RunResult | Error | number> {
  const running = apply(run, instance).catch((error: unknown) => error as Error);
  return Promise.race([running, instance.killed, instance.frozen.then(() => 0)]);
}

async function startRival(run: Operating, atMs: number): Promise<string | undefined> {
  await run.world.clock.sleep(atMs);
  const ended = await driveOnce(run, run.open());
  return ended instanceof Error && !(ended instanceof ChangeoverError) ? `was left by a bug: ${ended.stack}` : undefined;
}

function apply({ plan, options }: Operating, instance: Instance): Promise<RunResult> {
  const never = new AbortController().signal;
  return applyPlan(instance.ports, options.misplan?.(plan) ?? plan, {
    stateNamespace: STATE_NAMESPACE,
    by: 'simulation',
    emit: (event) =>
      options.trace?.(
        `   ${event.time.slice(11, 23)} ${instance.name} ${event.type} ${'workload' in event ? (event.workload ?? '') : ''} ${JSON.stringify(event).slice(60, 400)}`,
      ),
    stop: never,
    kill: never,
    pollMs: 5_000,
  });
}

async function decideAs(run: Operating, random: Random): Promise<void> {
  const kind: Decision['kind'] = isTransparent(run.faults) ? 'continue' : random.pick(['continue', 'continue', 'retry', 'rollback', 'abort']);
  run.options.trace?.(`-- decision: ${kind}`);
  const { cluster, clock } = { cluster: run.world.connect({ user: 'person' }), clock: run.world.clock };
  await recordDecision({ cluster, clock }, { stateNamespace: STATE_NAMESPACE, kind, targets: [], by: 'person' });
}

function letOthersWrite({ faults, fleet, options }: Run, at: { readonly world: SimulatedWorld; readonly audit: AuditLog }): void {
  const waiting = new Set(faults.filter((fault) => fault.kind === 'writer'));
  at.audit.listen(({ object }) => {
    if (object.kind !== 'ConfigMap' || waiting.size === 0) return;
    const { record } = object['data'] as { readonly record?: string };
    for (const fault of waiting) {
      const service = fleet.services[fault.service % fleet.services.length];
      const entered =
        service !== undefined && record?.includes(`"id":"shop/Deployment/${service.name}"`) === true && record.includes(`"state":"${fault.state}"`);
      if (!entered) continue;
      waiting.delete(fault);
      const cluster = at.audit.attribute(at.world.connect({ user: fault.writer }), fault.writer);
      at.world.clock.after(fault.delayMs, () => {
        options.trace?.(`-- ${fault.writer} writes ${service.name}`);
        void writeAs(fault.writer, { world: at.world, cluster, service }).catch((error: unknown) => {
          if (!(error instanceof ChangeoverError)) throw error;
        });
      });
    }
  });
}

function traceWrites(audit: AuditLog, trace: (line: string) => void): void {
  audit.listen(({ at, writer, object, kind }) => {
    if (writer === 'controllers' || object.kind === 'Lease') return;
    const data = object['data'] as { readonly record?: string } | undefined;
    const state = data?.record === undefined ? '' : (/"(?:state|phase)":"([A-Z_]+)","(?:since|batches)/.exec(data.record)?.[1] ?? '');
    trace(`   ${new Date(at).toISOString().slice(11, 23)} ${writer} ${kind} ${object.kind}/${object.metadata.name} ${state}`);
  });
}

/** Journals that outlive every instance, in memory: what was appended is durable. */
function keepJournals(): { readonly open: EnginePorts['journal']; readonly lines: () => readonly JournalEntry[] } {
  const durable: JournalEntry[] = [];
  const append = async (entry: Omit<JournalEntry, 'seq'>): Promise<JournalEntry> => {
    const line = { seq: durable.length + 1, ...entry };
    durable.push(line);
    return line;
  };
  return { lines: () => durable, open: async () => ({ location: 'memory', append, read: async () => durable, close: async () => undefined }) };
}

function sharedPorts({ registry, layers }: Fleet, world: SimulatedWorld): Omit<EnginePorts, 'cluster' | 'clock'> {
  return {
    registry,
    layers: { read: (...args) => world.clock.hold(layers.read(...args)) },
    agentFiles: async () => agentFiles,
    policyFiles: async () => ({}),
    traces: world.traffic,
    journal: createSimulatedJournals(),
    identity: 'planner',
  };
}

function differences(twin: End, end: End): readonly string[] {
  return [...new Set([...Object.keys(twin), ...Object.keys(end)])]
    .map((name) => ({ name, paths: changedPaths(twin[name], end[name]) }))
    .filter(({ paths }) => paths.length > 0)
    .map(({ name, paths }) => `TWIN: ${name}: ${twin[name]?.state} without faults, now ${end[name]?.state}; other ${paths.join(', ')}`);
}
