import { describe, expect, it } from 'vitest';
import { applyPlan } from '../../src/app/apply-plan.ts';
import { driveRun, type DriveOptions } from '../../src/app/drive-run.ts';
import { makePlan } from '../../src/app/make-plan.ts';
import type { EnginePorts } from '../../src/app/ports.ts';
import { readStatus } from '../../src/app/read-status.ts';
import { recordDecision } from '../../src/app/record-decision.ts';
import { scan } from '../../src/app/scan.ts';
import { readUndo } from '../../src/app/undo-steps.ts';
import { verifyFleet } from '../../src/app/verify-fleet.ts';
import { rightsFor, type Right, type Task } from '../../src/core/doctor/permissions.ts';
import { parsePolicy } from '../../src/core/policy/parse-policy.ts';
import type { RunEvent } from '../../src/core/rollout/event.ts';
import type { AccessQuery } from '../../src/ports/cluster.ts';
import { openSimulation, type Simulation } from './open-simulation.ts';

const stateNamespace = 'changeover';
const never = new AbortController().signal;
const services = [{ name: 'good' }, { name: 'bad', after: { crashAtMs: 1_500 } }] as const;

/** The API server as a user sees it who has the rights of a task and no other. */
interface Restricted {
  readonly ports: EnginePorts;
  readonly used: Set<string>;
  readonly refused: Set<string>;
  readonly granted: ReadonlySet<string>;
}

describe('the rights that doctor prints', () => {
  it('are enough to plan', async () => {
    const simulation = await openSimulation({ services });
    const { ports, refused } = restrict(simulation, 'plan');
    const policy = parsePolicy(simulation.plan.policy, { file: 'policy', position: () => undefined });

    await scan(ports, { policy, layerScan: true });
    const plan = await makePlan(ports, { policy, directory: '/', layerScan: true, allow: [] });

    expect(plan.items.map((item) => item.action)).toEqual(['migrate', 'migrate']);
    expect([...refused]).toEqual([]);
  });

  it('are enough to scan and to run a plan through failure, rollback, decision, verify and undo, and each of them is used', async () => {
    const simulation = await openSimulation({ services, rollout: { maxFailures: 0 } });
    const { ports, used, refused, granted } = restrict(simulation, 'apply');
    const events: RunEvent[] = [];
    const options: DriveOptions = { stateNamespace, by: 'test', emit: (event) => events.push(event), stop: never, kill: never };
    const run = { stateNamespace, run: simulation.plan.name };

    await scan(ports, { policy: parsePolicy(simulation.plan.policy, { file: 'policy', position: () => undefined }), layerScan: true });
    await applyPlan(ports, simulation.plan, options);
    await recordDecision(ports, { ...run, kind: 'continue', targets: [], by: 'test' });
    const done = await driveRun(ports, simulation.plan.name, options);
    await verifyFleet({ ...ports, traces: undefined }, run);
    const undo = await readUndo(ports, { ...run, targets: [] });
    await recordDecision(ports, { ...run, kind: 'rollback', targets: [], by: 'test' });
    await driveRun(ports, simulation.plan.name, options);
    const status = await readStatus(ports, run);

    expect(done.status.counts).toMatchObject({ migrated: 1, 'rolled-back': 1 });
    expect(undo.steps.map((step) => step.kind).sort((a, b) => (a < b ? -1 : 1))).toEqual(['nothing', 'restore']);
    expect(status.counts).toMatchObject({ 'rolled-back': 2 });
    expect(events.filter((event) => event.type === 'warning')).toEqual([]);
    expect([...refused]).toEqual([]);
    const unused = [...granted].filter((each) => !used.has(each));
    // For owners and variables from ConfigMaps that these services do not have.
    expect(unused).toEqual(['get configmaps in shop', 'get applications', 'get kustomizations', 'get helmreleases']);
  });
});

describe('status', () => {
  it('shows a run in flight to whoever may read its records alone, without what pods say', async () => {
    const simulation = await openSimulation({ services });
    const rolling = (): boolean => simulation.events.some((event) => event.type === 'workload.state' && event.to === 'ROLLING');
    await simulation.apply((engine) => ({ after: () => (rolling() ? engine().kill() : undefined) }));
    const { world, plan } = simulation;
    const cluster = world.connect({ denies: ({ namespace, verb }) => namespace !== stateNamespace || !['get', 'list'].includes(verb) });

    const status = await readStatus({ cluster, clock: world.clock }, { stateNamespace, run: plan.name });

    expect(status.workloads.map((each) => each.state)).toContain('ROLLING');
    expect(status.workloads.filter((each) => each.waitingFor)).toEqual([]);
  });
});

function restrict(simulation: Simulation, task: Task): Restricted {
  const granted = new Set(
    rightsFor(task, { namespaces: ['shop'], byLabel: false, stateNamespace }).flatMap((right) => right.verbs.map((verb) => nameOf({ verb, ...right }))),
  );
  const used = new Set<string>();
  const refused = new Set<string>();
  const denies = (query: AccessQuery): boolean => {
    const name = nameOf(query);
    (granted.has(name) ? used : refused).add(name);
    return !granted.has(name);
  };
  return { ports: { ...simulation.openEngine().ports, cluster: simulation.world.connect({ denies }) }, used, refused, granted };
}

function nameOf({ verb, resource, subresource, namespace }: Omit<Right, 'verbs' | 'why' | 'group'> & { readonly verb: string }): string {
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}${namespace === undefined ? '' : ` in ${namespace}`}`;
}
