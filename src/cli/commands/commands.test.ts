import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { ChangeoverError } from '../../core/error.ts';
import { openRehearsal } from '../../main/open-rehearsal.ts';
import { fakeWiring, type FakeOutside, type FakeWiring } from '../fake-wiring.ts';
import type { Rehearsal } from '../rehearsal.ts';
import { runCli } from '../run-cli.ts';

type Outside = FakeOutside & {
  /** Interrupts the program when standard error says this, so many times. */
  readonly listens?: string;
  readonly times?: number;
};

/** A terminal in front of a simulated world: each call of a command is a new program on the same cluster. */
async function desk(): Promise<(argv: readonly string[], outside?: Outside) => Promise<FakeWiring & { readonly code: number }>> {
  const rehearsal = await openRehearsal({ seed: 1, paced: false });
  const files: { [path: string]: string } = { 'policy.yaml': JSON.stringify(rehearsal.placed.policy.source) };
  return async (argv, { listens, times = 1, ...outside } = {}) => {
    const interrupt = (): void => {
      for (let time = 0; time < times; time += 1) fake.interrupt();
    };
    const fake: FakeWiring = fakeWiring({
      ...outside,
      files,
      wiring: { ...simulated(rehearsal), ...outside.wiring },
      ...(listens === undefined ? {} : { onError: (text) => (text.includes(listens) ? interrupt() : undefined) }),
    });
    const code = await runCli(argv, fake.wiring);
    for (const [path, text] of fake.written) files[path] = text;
    return { ...fake, code };
  };
}

function simulated(rehearsal: Rehearsal): NonNullable<FakeOutside['wiring']> {
  const { ports } = rehearsal.openEngine();
  return {
    clock: rehearsal.clock,
    openCluster: async () => ports.cluster,
    openEngine: async () => ({ ports, close: async () => undefined }),
    openTraceStore: async () => undefined,
    probeJournal: async () => '/journals',
  };
}

describe('the commands, on a simulated cluster', () => {
  let run: Awaited<ReturnType<typeof desk>>;

  beforeAll(async () => {
    run = await desk();
  });

  it('scan: one row per workload on standard output and nothing else', async () => {
    const table = await run(['scan']);
    const json = await run(['scan', '-n', 'shop', '-o', 'json']);

    expect(table.code).toBe(0);
    expect(table.out()).toMatch(/^WORKLOAD +PODS +AGENT/);
    expect(table.out()).toMatch(/^40 workloads: 31 can be moved, 9 not$/m);
    expect(table.err()).toBe('');
    const { kind, items } = JSON.parse(json.out()) as { kind: string; items: { id: string }[] };
    expect(kind).toBe('ScanResult');
    expect(items.length).toBeGreaterThan(0);
    expect(items.every((item) => item.id.startsWith('shop/'))).toBe(true);
  });

  it('scan: -n and -A at once are wrong usage', async () => {
    const { code, err } = await run(['scan', '-A', '-n', 'shop']);

    expect(code).toBe(2);
    expect(err()).toContain('-n and -A contradict each other');
  });

  it('doctor: all well, each thing on a line', async () => {
    const { code, out } = await run(['doctor', '-p', 'policy.yaml']);

    expect(code).toBe(0);
    expect(out()).toMatch(/^✓ rights +all that are needed in namespace shop \(12\)$/m);
    expect(out()).toMatch(/^✓ registry +registry\.example\.com: \d+ images read, may push to \d+ repositories$/m);
    expect(out()).toContain('All well');
  });

  it('doctor: JSON with a fix for each problem, exit code 3', async () => {
    const denied: FakeOutside['wiring'] = { probeJournal: () => Promise.reject(new ChangeoverError('usage', 'no room', { hint: 'Make room.' })) };

    const { code, out } = await run(['doctor', '-o', 'json'], { wiring: denied });

    const report = JSON.parse(out()) as { kind: string; verdict: string; checks: { id: string; status: string; fix?: string }[] };
    expect(code).toBe(3);
    expect(report).toMatchObject({ kind: 'DoctorReport', verdict: 'problem' });
    expect(report.checks.filter((check) => check.status !== 'ok')).toMatchObject([{ id: 'journal', fix: 'Make room.' }]);
    expect(report.checks.every((check) => check.status !== 'ok' || check.fix === undefined)).toBe(true);
  });

  it('doctor --rbac: YAML documents or one list, without asking a cluster', async () => {
    const nowhere: FakeOutside['wiring'] = { openCluster: () => Promise.reject(new Error('asked a cluster')) };

    const yaml = await run(['doctor', '--rbac', 'apply', '-n', 'shop'], { wiring: nowhere });
    const json = await run(['doctor', '--rbac', 'plan', '-n', 'shop', '-o', 'json'], { wiring: nowhere });
    const none = await run(['doctor', '--rbac', 'plan', '-p', 'policy.yaml', '-n', 'elsewhere'], { wiring: nowhere });

    expect(yaml.code).toBe(0);
    expect(yaml.out()).toContain('#   kubectl create token changeover -n changeover\nyaml: {"apiVersion":"v1","kind":"Namespace"');
    expect(yaml.out().split('---\n')).toHaveLength(8);
    expect(JSON.parse(json.out())).toMatchObject({ kind: 'List', apiVersion: 'v1' });
    expect(none.code).toBe(2);
    expect(none.err()).toContain('the policy selects none of the namespaces named');
  });

  it('undo: prints a script for what was changed, and nothing else is a script', async () => {
    expect((await run(['undo'])).err()).toContain('undo changes nothing itself');
    expect((await run(['undo', '--print', '-o', 'json'])).err()).toContain('a shell script cannot be printed as json');
    expect((await run(['undo', '--print'])).err()).toContain('there is no run yet');
  });

  it('plan: without a policy is wrong usage', async () => {
    const { code, err } = await run(['plan']);

    expect(code).toBe(2);
    expect(err()).toContain('plan needs a policy');
  });

  it('plan: shows what would change and writes the file', async () => {
    const { code, out, err, written } = await run(['plan', '-p', 'policy.yaml', '--out', 'plan.json']);

    expect(code).toBe(0);
    expect(out()).toMatch(/^Plan rehearsal-/);
    expect(out()).toMatch(/^ +27 {2}to move: skywalking out, opentelemetry 2\.33\.1 in$/m);
    expect(out()).toContain('Next: changeover apply plan.json');
    expect(err()).toBe('plan written to plan.json\n');
    expect(JSON.parse(written.get('plan.json') ?? '')).toMatchObject({ kind: 'Plan' });
  });

  it('apply: writes nothing without a terminal and without --yes', async () => {
    const { code, err } = await run(['apply', 'plan.json']);

    expect(code).toBe(2);
    expect(err()).toContain('fix: Add --yes when you mean it.');
    expect((await run(['status'])).err()).toContain('there is no run yet');
  });

  it('apply: names cluster, restarts and pushes before it asks, and takes no for an answer', async () => {
    const { code, err, questions } = await run(['apply', 'plan.json'], { tty: true, answers: ['no'] });

    expect(code).toBe(130);
    const asked = stripVTControlCharacters(err());
    expect(asked).toMatch(/cluster +https:\S+/);
    expect(asked).toMatch(/restarts +55 pods, in 6 batches of 1, 1, 3, then 10/);
    expect(asked).toMatch(/pushes +27 images to \S+/);
    expect(questions).toEqual(['Start it? Type yes to go on: ']);
    expect((await run(['status'])).err()).toContain('there is no run yet');
  });

  it('apply: halts at a failure with exit code 3, one event per line', async () => {
    const { code, out } = await run(['apply', 'plan.json', '--yes', '-o', 'json']);

    const events = out()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; type: string });
    expect(code).toBe(3);
    expect(events.every((event) => event.kind === 'Event')).toBe(true);
    expect(events.map((event) => event.type)).toContain('run.halted');
  });

  it('status: shows the failure, its log and the decisions with their command lines', async () => {
    const { code, out } = await run(['status', '--context', 'prod']);

    expect(code).toBe(0);
    expect(out()).toContain('↩ logistics/shipping  rolled back');
    expect(out()).toContain('NoClassDefFoundError');
    expect(out()).toContain('changeover retry logistics/Deployment/shipping --context prod');
    expect(out()).toContain('changeover rollback --all --context prod');
  });

  it('apply: says the same again of a halted run', async () => {
    const { code, out } = await run(['apply', 'plan.json', '--yes']);

    expect(code).toBe(3);
    expect(out()).toContain('Halted: a workload failed with the new agent; it is put back; 9 waiting workloads share its stack');
  });

  it('rollback: wants to know what', async () => {
    expect((await run(['rollback', '--yes'])).code).toBe(2);
    expect((await run(['rollback', 'shop/Deployment/cart', '--all', '--yes'])).code).toBe(2);
  });

  it('exclude: refuses a workload the run does not have, and names the one that was meant', async () => {
    const { code, err } = await run(['exclude', 'shop/Deployment/shipping', '--yes']);

    expect(code).toBe(2);
    expect(err()).toContain('Did you mean logistics/Deployment/shipping?');
  });

  it('exclude: tells what it would do, then records it', async () => {
    const { code, err, out } = await run(['exclude', 'logistics/Deployment/shipping'], { tty: true, answers: ['yes'] });

    expect(code).toBe(0);
    expect(err()).toContain('exclude: leave shipping out of this run');
    expect(err()).toContain('recorded: exclude for run rehearsal-');
    expect(out()).toContain('Run rehearsal-');
  });

  it('continue: drives the rest to its end', async () => {
    const { code, out, err } = await run(['continue', '--yes']);

    expect(code).toBe(0);
    expect(err()).toContain('shop/orders: migrated');
    expect(out()).toContain('26 migrated');
    expect(out()).toContain('Done. Check that traces arrive: changeover verify');
  });

  it('apply: has nothing to do once the run is complete, and asks nobody', async () => {
    const table = await run(['apply', 'plan.json'], { tty: true });
    const json = await run(['apply', 'plan.json', '--yes', '-o', 'json']);

    expect(table.code).toBe(0);
    expect(table.questions).toEqual([]);
    expect(table.out()).toContain('Nothing to do');
    expect(JSON.parse(json.out())).toMatchObject({ kind: 'Event', type: 'run.finished', phase: 'COMPLETED' });
  });

  it('rollback: puts one workload back', async () => {
    const { code, out } = await run(['rollback', 'shop/deployment/cart', '--yes', '--reason', 'asked']);

    expect(code).toBe(0);
    expect(out()).toContain('25 migrated');
  });

  it('verify: cannot tell without a trace store, and says so', async () => {
    const { code, out } = await run(['verify']);

    expect(code).toBe(3);
    expect(out()).toContain('Inconclusive: the policy names no trace store');
  });

  it('status: is a document for programs', async () => {
    const json = await run(['status', '-o', 'json']);
    const yaml = await run(['status', '-o', 'yaml']);

    expect(JSON.parse(json.out())).toMatchObject({ kind: 'RunStatus', phase: 'COMPLETED' });
    expect(yaml.out()).toMatch(/^yaml: /);
  });

  it('status --watch: ends with the run', async () => {
    const { code, out } = await run(['status', '--watch', '-o', 'json']);

    expect(code).toBe(0);
    expect(out().trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('an interrupted apply, on a simulated cluster', () => {
  it('starts nothing more after the first interrupt, settles what is in flight, and is resumed by a rerun', async () => {
    const run = await desk();
    await run(['plan', '-p', 'policy.yaml', '--out', 'plan.json']);
    const interrupted = await run(['apply', 'plan.json', '--yes'], { listens: 'accounts/login: soaking' });
    const resumed = await run(['apply', 'plan.json', '--yes']);

    expect(interrupted.code).toBe(130);
    expect(interrupted.out()).toContain('5 migrated');
    expect(interrupted.out()).toContain('Interrupted: nothing is in flight, 22 workloads still to go. Run the same command again to resume.');
    expect(resumed.code).toBe(3);
    expect(resumed.err()).toContain('resumed: 27 workloads in 6 batches');
    expect(resumed.err()).not.toContain('batch 3 of 6');
  });

  it("leaves at once after the second, and a rerun takes over once the dead instance's time is up", async () => {
    const run = await desk();
    await run(['plan', '-p', 'policy.yaml', '--out', 'plan.json']);
    const killed = await run(['apply', 'plan.json', '--yes'], { listens: 'batch 2 of 6', times: 2 });
    const resumed = await run(['apply', 'plan.json', '--yes']);

    expect(killed.code).toBe(130);
    expect(killed.err()).toContain('Run the same command again: it resumes');
    expect(resumed.code).toBe(3);
  });
});
