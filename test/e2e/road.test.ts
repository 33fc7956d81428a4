import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubectl } from '../../lab/kubectl.ts';
import { readSegments, serviceUrl } from '../../lab/lab.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import type { RunStatus } from '../../src/core/rollout/run-status.ts';
import type { ScanResult } from '../../src/core/plan/scan-result.ts';
import { json, run, start, workFolder, writePolicy } from './changeover.ts';
import { imageOf, inspectService, readDeployments, readyPods, withoutMeantChanges, type Deployment } from './fleet-state.ts';
import { askGateway, startTraffic, type Traffic } from './traffic.ts';
import { readTraces } from './traces.ts';

const moved = ['gateway', 'inventory', 'login', 'orders', 'payments'];
const all = [...moved, 'fragile'];

/** One story on the real cluster, told in order: each test goes on from where the one before ended. */
describe('a real fleet, moved end to end', () => {
  const folder = workFolder();
  let before: ReadonlyMap<string, Deployment>;
  let plan: Plan;
  let traffic: Traffic;

  beforeAll(async () => {
    before = await readDeployments();
    writePolicy(folder);
    traffic = await startTraffic();
  });

  afterAll(async () => {
    await traffic.stop();
  });

  it('before: SkyWalking traces the chain, and a plain restart of it loses no request', async () => {
    for (const name of ['gateway', 'orders']) await kubectl(['rollout', 'restart', '-n', 'shop', `deployment/${name}`]);
    for (const name of ['gateway', 'orders']) await kubectl(['rollout', 'status', '-n', 'shop', `deployment/${name}`, '--timeout=180s']);
    const whole = await wholeSkyWalkingTrace();

    expect(whole).toEqual(new Set(['gateway', 'orders', 'payments', 'inventory']));
    expect(traffic.failures()).toEqual([]);
    before = await readDeployments();
  });

  it('scan tells the agent of every workload and the true reason for those it would leave alone', async () => {
    const outcome = await run(folder, ['scan', '-p', 'policy.yaml', '-o', 'json']);

    const items = new Map(json<ScanResult>(outcome).items.map((item) => [item.id, item]));
    expect(outcome.code).toBe(0);
    for (const name of all)
      expect(items.get(`shop/Deployment/${name}`)).toMatchObject({ eligible: true, container: name, agent: { id: 'skywalking', serviceName: name } });
    expect(items.get('shop/Deployment/web')?.skip?.id).toBe('required-sidecar-missing');
    expect(items.get('shop/Deployment/sleeping')?.skip?.id).toBe('no-pods');
    expect(items.get('shop/Deployment/already')).toMatchObject({ agent: { id: 'opentelemetry' }, skip: { id: 'already-on-target' } });
  });

  it('plan changes the image alone, and writes nothing', async () => {
    const outcome = await run(folder, ['plan', '-p', 'policy.yaml', '--out', 'plan.json', '-o', 'json']);

    plan = json<Plan>(outcome);
    const migrations = plan.items.filter((item) => item.action === 'migrate');
    expect(outcome.code).toBe(0);
    expect(migrations.map((item) => item.id)).toEqual([...all].sort().map((name) => `shop/Deployment/${name}`));
    expect(migrations.every((item) => item.delivery === 'takeover')).toBe(true);
    expect(migrations.map((item) => item.edits.map((edit) => edit.kind))).toEqual(migrations.map(() => ['image']));
    expect(await readDeployments()).toEqual(await unchangedExceptStatus(before));
  });

  it('apply rolls the service back that cannot run the new agent, leaves no trace but the outcome, and halts', async () => {
    const outcome = await run(folder, ['apply', 'plan.json', '--yes', '-o', 'json']);

    const after = await readDeployments();
    const fragile = after.get('fragile');
    expect(outcome.code, outcome.stderr).toBe(3);
    expect(fragile?.spec).toEqual(before.get('fragile')?.spec);
    expect(ours(fragile)).toEqual(['changeover.dev/outcome']);
    expect(await readyPods('fragile')).toHaveLength(1);
    expect(outcome.stdout).toContain('run.halted');
    for (const name of moved) expect(imageOf(after.get(name))).toBe(imageOf(before.get(name)));
  });

  it('status says from the cluster alone what halted and why', async () => {
    const outcome = await run(workFolder(), ['status', '-o', 'json']);

    const status = json<RunStatus>(outcome);
    expect(status).toMatchObject({ phase: 'HALTED', halt: { id: 'workload-failed', workloads: ['shop/Deployment/fragile'] } });
    expect(status.workloads.find((each) => each.id === 'shop/Deployment/fragile')).toMatchObject({ outcome: 'rolled-back' });
  });

  it('exclude and continue go on; killed in the middle with kill -9, apply resumes and finishes', async () => {
    const excluded = await run(folder, ['exclude', 'shop/deployment/fragile', '--reason', 'needs SkyWalking', '--yes']);
    const first = start(folder, ['continue', '--yes', '-o', 'json']);
    await first.seen('"to":"ROLLING"');
    first.child.kill('SIGKILL');
    const killed = await first.done;

    const resumed = await run(folder, ['apply', 'plan.json', '--yes', '-o', 'json']);

    expect(excluded.code, excluded.stderr).toBe(0);
    expect(killed.code).toBe(137);
    expect(resumed.code, resumed.stderr).toBe(0);
    const status = json<RunStatus>(await run(folder, ['status', '-o', 'json']));
    expect(status.phase).toBe('COMPLETED');
    expect(status.counts).toMatchObject({ migrated: 5, 'rolled-back': 1 });
  });

  it('every migrated pod runs exactly one agent, and it is the new one', async () => {
    for (const name of moved) {
      const jvms = await inspectService(name);

      expect(jvms).toHaveLength(before.get(name)?.spec.replicas ?? -1);
      for (const jvm of jvms) {
        expect(jvm).toMatchObject({ agentJars: ['/changeover/agent/javaagent.jar'], skywalkingLoaded: false, opentelemetryLoaded: true });
        const log = await kubectl(['logs', '-n', 'shop', jvm.pod, '-c', name]);
        expect(log).toMatch(/opentelemetry-javaagent - version: 2\.33\.1/);
      }
    }
  });

  it('the template differs in the image alone', async () => {
    const after = await readDeployments();

    for (const name of moved) {
      const [old, now] = [before.get(name), after.get(name)];
      if (!old || !now) throw new Error(`${name} is gone`);
      expect(imageOf(now)).toMatch(/-otel-[0-9a-f]{8}@sha256:/);
      expect(withoutMeantChanges(now.spec.template, name)).toEqual(withoutMeantChanges(old.spec.template, name));
      expect(now.spec.template.spec.containers.map((each) => each.env)).toEqual(old.spec.template.spec.containers.map((each) => each.env));
    }
    for (const name of ['web', 'sleeping', 'already']) expect(after.get(name)).toEqual((await unchangedExceptStatus(before)).get(name));
  });

  it('files, users and modes of the application are as before', async () => {
    const listing = 'find /app -printf "%p %m %U %G %y\\n" | sort; id';
    const pod = (await readyPods('orders'))[0]?.metadata.name ?? '';
    const now = await kubectl(['exec', '-n', 'shop', pod, '-c', 'orders', '--', 'sh', '-c', listing]);
    const fragile = (await readyPods('fragile'))[0]?.metadata.name ?? '';
    const old = await kubectl(['exec', '-n', 'shop', fragile, '-c', 'fragile', '--', 'sh', '-c', listing]);

    // Both images share the application layer; work and log folders are written by the running server.
    const stable = (text: string): readonly string[] => text.split('\n').filter((line) => !/\/(work|logs|temp|conf)\//.test(line));
    expect(stable(now)).toEqual(stable(old));
    expect(now).toMatch(/uid=/);
  });

  it('a request through the gateway makes one whole trace', async () => {
    const since = Date.now();
    expect(await askGateway(await serviceUrl('gateway'))).toBeUndefined();

    const traces = await readTraces({ service: 'gateway', since, until: (trace) => new Set(trace.map((span) => span.service)).size >= 4 });

    const whole = traces.find((trace) => new Set(trace.map((span) => span.service)).size >= 4);
    expect(new Set(whole?.map((span) => span.service))).toEqual(new Set(['gateway', 'orders', 'payments', 'inventory']));
    const ids = new Set(whole?.map((span) => span.id));
    expect(whole?.filter((span) => span.parent === undefined)).toHaveLength(1);
    expect(whole?.every((span) => span.parent === undefined || ids.has(span.parent))).toBe(true);
  });

  it('verify finds the traces of every migrated service', async () => {
    const outcome = await run(folder, ['verify', '-o', 'json']);

    const report = json<{ kind: string; services: readonly { service: string; verdict: string }[] }>(outcome);
    expect(report.kind).toBe('VerifyReport');
    const verdicts = new Map(report.services.map((each) => [each.service, each.verdict]));
    for (const name of ['gateway', 'orders', 'payments', 'inventory']) expect(verdicts.get(name)).toBe('ok');
  });

  it('a second plan knows the migrated, a second apply changes nothing', async () => {
    const generations = [...(await readDeployments()).values()].map((each) => [each.metadata.name, each.metadata.generation]);

    const again = await run(folder, ['apply', 'plan.json', '--yes']);
    const second = json<Plan>(await run(folder, ['plan', '-p', 'policy.yaml', '-o', 'json']));

    expect(again.code, again.stderr).toBe(0);
    expect(`${again.stdout}${again.stderr}`).toMatch(/nothing to do/i);
    expect([...(await readDeployments()).values()].map((each) => [each.metadata.name, each.metadata.generation])).toEqual(generations);
    for (const name of moved)
      expect(second.items.find((item) => item.id === `shop/Deployment/${name}`)).toMatchObject({
        action: 'skip',
        skip: { id: 'already-on-target' },
        migratedBy: plan.name,
      });
  });

  it('rollback --all brings SkyWalking back everywhere, exactly as it was', async () => {
    const outcome = await run(folder, ['rollback', '--all', '--yes', '-o', 'json']);

    expect(outcome.code, outcome.stderr).toBe(0);
    const after = await readDeployments();
    for (const name of moved) {
      expect(after.get(name)?.spec).toEqual(before.get(name)?.spec);
      expect(ours(after.get(name))).toEqual(['changeover.dev/outcome']);
      for (const jvm of await inspectService(name)) expect(jvm).toMatchObject({ skywalkingLoaded: true, opentelemetryLoaded: false });
    }
  });

  it('after: SkyWalking traces the chain again', async () => {
    expect(await wholeSkyWalkingTrace()).toEqual(new Set(['gateway', 'orders', 'payments', 'inventory']));
  });

  it('no request failed all the while', async () => {
    await traffic.stop();

    expect(traffic.sent()).toBeGreaterThan(200);
    expect(traffic.failures()).toEqual([]);
  });
});

/** The services of the largest trace that SkyWalking agents report from now on; waits for one of four. */
async function wholeSkyWalkingTrace(): Promise<ReadonlySet<string>> {
  const known = new Set((await readSegments()).map((segment) => segment.segmentId));
  let best: ReadonlySet<string> = new Set();
  for (let attempt = 0; attempt < 60 && best.size < 4; attempt += 1) {
    const fresh = (await readSegments()).filter((segment) => !known.has(segment.segmentId));
    for (const segments of Map.groupBy(fresh, (segment) => segment.traceId).values()) {
      const services = new Set(segments.map((segment) => segment.service));
      if (services.size > best.size) best = services;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return best;
}

function ours(deployment: Deployment | undefined): readonly string[] {
  const annotations = { ...deployment?.metadata.annotations, ...deployment?.spec.template.metadata.annotations };
  return Object.keys(annotations).filter((key) => key.startsWith('changeover.dev/'));
}

/** The Deployments as they were, with what controllers keep writing (status, resourceVersion) as it is now. */
async function unchangedExceptStatus(before: ReadonlyMap<string, Deployment>): Promise<ReadonlyMap<string, Deployment>> {
  const now = await readDeployments();
  return new Map(
    [...now].map(([name, deployment]) => [
      name,
      {
        ...deployment,
        spec: before.get(name)?.spec ?? deployment.spec,
        metadata: { ...deployment.metadata, generation: before.get(name)?.metadata.generation ?? 0, uid: before.get(name)?.metadata.uid ?? '' },
      },
    ]),
  );
}
