import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubectl } from '../../lab/kubectl.ts';
import { lab, leadOapTo, readSegmentCounts } from '../../lab/lab.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import type { RunStatus } from '../../src/core/rollout/run-status.ts';
import type { VerifyReport } from '../../src/core/verify/verify-report.ts';
import { json, run, start, workFolder, writePolicy, type StartedCommand } from './changeover.ts';
import { imageOf, readDeployments, type Deployment } from './fleet-state.ts';
import { startTraffic, type Traffic } from './traffic.ts';
import { askOnce, isWhole, servicesOf, traceOf, type TracedRequest, type TracedSpan } from './whole-traces.ts';

const chain = ['gateway', 'orders', 'payments', 'inventory'];
const everyone = [...chain, 'login'];
/** Switched first: with them, each call of the chain crosses from one agent to the other. */
const alternate = ['inventory', 'login', 'orders'];

/** gateway(SkyWalking) -> orders(OpenTelemetry) -> payments(SkyWalking) -> inventory(OpenTelemetry), on real pods: one story, told in order. */
describe('whole traces while half the fleet is switched', () => {
  const folder = workFolder();
  let before: ReadonlyMap<string, Deployment>;
  let tee: StartedCommand;
  let traffic: Traffic;
  let lostByRestart = 0;

  beforeAll(async () => {
    before = await readDeployments();
    tee = start(folder, ['tee', '--listen', lab.teeAddress, '--backend', lab.oapAddress, '--otlp', lab.otlpHttpEndpoint, '-o', 'json']);
    await tee.seen(lab.teeAddress);
    await leadOapTo(lab.teeAddress);
  });

  afterAll(async () => {
    await traffic?.stop();
    tee.child.kill('SIGTERM');
    await tee.done;
    await leadOapTo(lab.oapAddress);
  });

  it('the tee brings what SkyWalking agents report to the new backend, and the old one loses nothing', async () => {
    const request = await wholeRequest('gateway');
    const counted = (await readSegmentCounts())['gateway']?.segments ?? 0;

    expect(servicesOf(request.spans)).toEqual(new Set(chain));
    expect(isWhole(request.spans)).toBe(true);
    expect(counted).toBeGreaterThan(0);
  });

  it('a plain restart of the fleet is the measure for lost requests', async () => {
    traffic = await startTraffic(['gateway', 'login']);
    for (const name of everyone) await kubectl(['rollout', 'restart', '-n', 'shop', `deployment/${name}`]);
    for (const name of everyone) await kubectl(['rollout', 'status', '-n', 'shop', `deployment/${name}`, '--timeout=240s']);
    lostByRestart = traffic.failures().length;
    before = await readDeployments();

    expect(traffic.sent()).toBeGreaterThan(50);
  });

  it('control: without the bridge each border breaks the chain, and verify names the callers', async () => {
    await move('control', ['orders', 'inventory'], { bridge: false });

    const request = await askOnce('gateway');
    const parts = await traceOf(request, (spans) => servicesOf(spans).size >= 1);
    const cut = ['orders', 'inventory'];
    const verified = await verifyUntil((report) => cut.every((name) => report.services.some((each) => each.service === name && each.verdict === 'broken')));

    expect(servicesOf(parts)).not.toEqual(new Set(chain));
    expect(verified.code).toBe(3);
    const findings = verified.report.services.flatMap((each) => each.findings.map((finding) => [each.service, finding.id, finding.params]));
    expect(findings).toContainEqual(['orders', 'false-roots', expect.objectContaining({ from: ['gateway'] })]);
    expect(findings).toContainEqual(['inventory', 'false-roots', expect.objectContaining({ from: ['payments'] })]);
    await goBack(cut);
  });

  it('with the bridge, one field of each workload changes', async () => {
    const plan = await move('half', alternate, { bridge: true });

    const migrations = plan.items.filter((item) => item.action === 'migrate');
    expect(new Set(migrations.map((item) => item.id.split('/')[2]))).toEqual(new Set(alternate));
    expect(migrations.flatMap((item) => item.edits.map((edit) => edit.kind))).toEqual(['image', 'image', 'image']);
    const after = await readDeployments();
    for (const name of alternate) expect(imageOf(after.get(name))).toMatch(/-otel-[0-9a-f]{8}@sha256:/);
  });

  it.each([
    ['a SkyWalking root', 'gateway', chain],
    ['an OpenTelemetry root', 'login', ['login', ...chain]],
  ])('a request from %s through both kinds of agents is one trace with one root and every parent', async (_, entry, services) => {
    const request = await wholeRequest(entry);

    expect(servicesOf(request.spans)).toEqual(new Set(services));
    expect(request.spans.filter((span) => span.parent === undefined).map((span) => span.service)).toEqual([entry]);
    expect(isWhole(request.spans)).toBe(true);
    expect(new Set(request.spans.map((span) => span.agent))).toEqual(new Set(['skywalking', 'opentelemetry']));
  });

  it('the rest of the fleet moves, held by the gate until each batch is seen', async () => {
    const plan = await move(
      'rest',
      everyone,
      { bridge: true },
      { verify: { jaeger: lab.jaegerQueryUrl, gate: true }, proof: 'spans', rollout: { soak: '5s', waves: [1] } },
    );

    const status = json<RunStatus>(await run(folder, ['status', '--run', plan.name, '-o', 'json']));
    expect(status).toMatchObject({ phase: 'COMPLETED', counts: { migrated: 2 } });
  });

  it.each(['half', 'rest'])('from the first to the last batch of the run "%s" no chain broke, counted over all traces', async (name) => {
    const verified = await run(folder, ['verify', '-p', 'policy.yaml', '--run', runs.get(name)?.name ?? '', '--during', '-o', 'json']);

    const report = json<VerifyReport>(verified);
    expect(report.traces, JSON.stringify(report, null, 1).slice(0, 5000)).toMatchObject({ broken: 0, elsewhere: 0 });
    process.stderr.write(`run ${name}: ${report.traces.judged} traces judged, ${report.traces.whole} whole\n`);
    expect(report.traces.judged).toBeGreaterThan(50);
    expect(verified.code).toBe(0);
  });

  it('no more requests failed than a plain restart of the fleet costs', async () => {
    await traffic.stop();

    process.stderr.write(`requests: ${traffic.sent()} sent, ${traffic.failures().length} failed, ${lostByRestart} of them by the restart\n`);
    expect(traffic.failures().length, traffic.failures().join('\n')).toBeLessThanOrEqual(2 * lostByRestart);
    expect(traffic.sent()).toBeGreaterThan(500);
  });

  it('and everything goes back to exactly what it was', async () => {
    await goBack(everyone);

    const after = await readDeployments();
    for (const name of everyone) expect(after.get(name)?.spec).toEqual(before.get(name)?.spec);
  });

  const runs = new Map<string, Plan>();

  async function move(name: string, members: readonly string[], to: { readonly bridge: boolean }, more: object = {}): Promise<Plan> {
    const exclude = ['shop/Deployment/fragile', ...everyone.filter((each) => !members.includes(each)).map((each) => `shop/Deployment/${each}`)];
    writePolicy(folder, {
      select: { namespaces: ['shop'], requireSidecar: ['istio-proxy'], container: { skip: ['istio-proxy', 'log*', '*-log-collector'] }, exclude },
      to: { agent: 'opentelemetry', files: { path: lab.opentelemetryJar }, ...to, env: { OTEL_EXPORTER_OTLP_ENDPOINT: lab.otlpEndpoint } },
      rollout: { soak: '5s', waves: [10] },
      ...more,
    });
    const plan = json<Plan>(await run(folder, ['plan', '-p', 'policy.yaml', '--out', `${name}.json`, '-o', 'json']));
    const applied = await run(folder, ['apply', `${name}.json`, '--yes', '-o', 'json']);
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    runs.set(name, plan);
    return plan;
  }

  /** Traces are judged once they had time to arrive: asks again for half a minute. */
  async function verifyUntil(seen: (report: VerifyReport) => boolean): Promise<{ readonly code: number; readonly report: VerifyReport }> {
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await run(folder, ['verify', '-p', 'policy.yaml', '-o', 'json']);
      const report = json<VerifyReport>(outcome);
      if (seen(report) || attempt === 10) return { code: outcome.code, report };
      await new Promise((resolve) => setTimeout(resolve, 3_000));
    }
  }

  async function goBack(names: readonly string[]): Promise<void> {
    for (const plan of runs.values()) {
      const mine = plan.items.filter((item) => item.action === 'migrate' && names.includes(item.id.split('/')[2] ?? ''));
      if (mine.length === 0) continue;
      const back = await run(folder, ['rollback', ...mine.map((item) => item.id), '--run', plan.name, '--yes']);
      expect(back.code, back.stderr).toBe(0);
    }
    runs.clear();
  }
});

/** Asks one request, once the agents are connected, and waits for its trace to be whole in the new backend. */
async function wholeRequest(entry: string): Promise<TracedRequest & { readonly spans: readonly TracedSpan[] }> {
  const request = await askOnce(entry);
  return { ...request, spans: await traceOf(request, (spans) => chain.every((name) => servicesOf(spans).has(name)) && isWhole(spans)) };
}
