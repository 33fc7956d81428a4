import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { lab } from '../../lab/lab.ts';
import type { ImageReport } from '../../src/core/image-report/image-report.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import { json, run, workFolder, writePolicy } from './changeover.ts';

const ORDERS = `${lab.registry}/shop/orders:1.0`;
/** No cluster is there for these commands to ask. */
const NO_CLUSTER = { KUBECONFIG: '/nonexistent' };
/** A tag that no other test and no earlier run has. */
const fresh = (): string => `1.0-image-test-${randomBytes(4).toString('hex')}`;

describe('image inspect on a real registry', () => {
  it('says what is in an image and that a takeover is possible, without a cluster', async () => {
    const outcome = await run(workFolder(), ['image', 'inspect', ORDERS, '-o', 'json'], NO_CLUSTER);

    expect(outcome.code, outcome.stderr).toBe(0);
    const report = json<ImageReport>(outcome);
    expect(report).toMatchObject({ kind: 'ImageReport', reference: ORDERS, takeover: { possible: true, jarPath: '/opt/skywalking/skywalking-agent.jar' } });
    expect(report.platforms[0]).toMatchObject({
      config: { entrypoint: ['/app/bin/start.sh'], user: '1000:1000' },
      java: [{ version: expect.stringMatching(/^17\./) }],
      agents: [{ id: 'skywalking', jarPath: '/opt/skywalking/skywalking-agent.jar', namedBy: [] }],
    });
  });

  it.each([
    ['store/catalog:1.0', ['image ENV JAVA_TOOL_OPTIONS'], []],
    ['store/symlinked:1.0', ['image ENTRYPOINT'], ['/home/admin/skywalking/skywalking-agent.jar']],
    ['store/legacy:1.0', ['image file /app/bin/run.sh'], []],
  ])('finds what names the agent of %s', async (image, namedBy, links) => {
    const report = json<ImageReport>(await run(workFolder(), ['image', 'inspect', `${lab.registry}/${image}`, '-o', 'json'], NO_CLUSTER));

    expect(report.platforms[0]?.agents).toMatchObject([{ id: 'skywalking', namedBy, links }]);
  });

  it('sees that pods may copy the agent out of an image that starts nothing', async () => {
    const outcome = await run(workFolder(), ['image', 'inspect', `${lab.registry}/store/agent:1.0`], NO_CLUSTER);

    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/✗ not possible\n.*nothing in the image is seen to start a JVM/);
  });

  it('ends with 2 when there is no such image, or what is there is no image', async () => {
    const folder = workFolder();
    const chart = await pushChart();

    const missing = await run(folder, ['image', 'inspect', `${lab.registry}/shop/orders:no-such-tag`], NO_CLUSTER);
    const artifact = await run(folder, ['image', 'inspect', chart], NO_CLUSTER);

    expect([missing.code, artifact.code]).toEqual([2, 2]);
    expect(missing.stderr).toContain('the registry has no such image');
    expect(missing.stderr).toContain('shop/orders:no-such-tag');
    expect(artifact.stderr).toContain('not an image but a Helm chart');
  });

  it('ends with 6 when the registry does not answer', async () => {
    const outcome = await run(workFolder(), ['image', 'inspect', '127.0.0.1:9/shop/orders:1.0'], NO_CLUSTER);

    expect(outcome.code).toBe(6);
    expect(outcome.stderr).toContain('127.0.0.1:9');
  });
});

describe('image rewrite on a real registry', () => {
  it('pushes an image that inspect knows as ours, once, with the digest that the plan gives it', async () => {
    const folder = workFolder();
    writePolicy(folder);
    const to = `${lab.registry}/shop/orders:${fresh()}`;
    const rewrite = ['image', 'rewrite', ORDERS, '--to', to, '-p', 'policy.yaml'];

    const refused = await run(folder, rewrite, NO_CLUSTER);
    const first = await run(folder, [...rewrite, '--yes'], NO_CLUSTER);
    const second = await run(folder, rewrite, NO_CLUSTER);
    const report = json<ImageReport>(await run(folder, ['image', 'inspect', to, '-o', 'json'], NO_CLUSTER));
    const plan = json<Plan>(await run(folder, ['plan', '-p', 'policy.yaml', '--workload', 'shop/Deployment/orders', '-o', 'json']));

    expect(refused.code).toBe(2);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).toBe(`${to}@${report.digest}\n`);
    expect(second).toMatchObject({ code: 0, stdout: first.stdout, stderr: 'already there: nothing was pushed\n' });
    expect(report.platforms[0]?.ours).toMatchObject({ agent: 'opentelemetry', sourceName: expect.stringContaining('/shop/orders@sha256:') });
    expect(report.platforms[0]?.agents).toMatchObject([{ id: 'opentelemetry', links: ['/opt/skywalking/skywalking-agent.jar'] }]);
    expect(report.takeover).toMatchObject({ possible: false, because: [{ id: 'already-ours' }] });
    expect(plan.items[0]).toMatchObject({ action: 'migrate', target: { digest: report.digest } });
  });

  it('pushes into another repository without sending the layers of the source', async () => {
    const folder = workFolder();
    writePolicy(folder);
    const to = `${lab.registry}/image-test/orders:${fresh()}`;

    const outcome = await run(folder, ['image', 'rewrite', ORDERS, '--to', to, '-p', 'policy.yaml', '--yes'], NO_CLUSTER);

    expect(outcome.code, outcome.stderr).toBe(0);
    expect((await run(folder, ['image', 'inspect', to], NO_CLUSTER)).code).toBe(0);
  });

  it('never overwrites a tag with other content: exit 3', async () => {
    const folder = workFolder();
    writePolicy(folder);
    const taken = `${lab.registry}/shop/payments:1.0`;

    const outcome = await run(folder, ['image', 'rewrite', ORDERS, '--to', taken, '-p', 'policy.yaml', '--yes'], NO_CLUSTER);

    expect(outcome.code).toBe(3);
    expect(outcome.stdout).toBe('');
    expect(outcome.stderr).toContain('the tag exists with other content');
    expect(outcome.stderr).toContain(taken);
  });

  it('refuses by its rules what the policy does not allow, and tells what pods need', async () => {
    const folder = workFolder();
    const args = (image: string): string[] => ['image', 'rewrite', `${lab.registry}/store/${image}:1.0`, '--to', `${lab.registry}/store/${image}:${fresh()}`];

    writePolicy(folder, { to: { agent: 'opentelemetry', files: { path: lab.opentelemetryJar }, bridge: false } });
    const blocked = await run(folder, [...args('agent'), '-p', 'policy.yaml', '--yes'], NO_CLUSTER);
    const legacy = await run(folder, [...args('legacy'), '-p', 'policy.yaml', '--dry-run', '-o', 'json'], NO_CLUSTER);
    writePolicy(folder, { allow: [{ id: 'agent-may-be-copied', reason: 'pods start it in place' }] });
    const bridged = await run(folder, [...args('legacy'), '-p', 'policy.yaml', '--dry-run', '-o', 'json'], NO_CLUSTER);
    const allowed = await run(folder, [...args('agent'), '-p', 'policy.yaml', '--dry-run'], NO_CLUSTER);

    expect(blocked.code).toBe(3);
    expect(blocked.stderr).toContain('allow: [{id: agent-may-be-copied');
    expect(allowed.code, allowed.stderr).toBe(0);
    expect(json<ImageReport>(legacy).rewrite).toMatchObject({ status: 'planned', podEnv: { OTEL_SERVICE_NAME: 'legacy' } });
    expect(json<ImageReport>(bridged).rewrite).toMatchObject({ status: 'planned', podEnv: {} });
  });
});

/** Pushes what `helm push` would: a manifest with a config of Helm's own. */
async function pushChart(): Promise<string> {
  const config = '{}';
  const repository = `http://${lab.registry}/v2/image-test/chart`;
  const digest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
  const session = await fetch(`${repository}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(session.headers.get('location') ?? '', repository);
  location.searchParams.set('digest', digest);
  expect((await fetch(location, { method: 'PUT', body: config })).status).toBe(201);
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = { schemaVersion: 2, mediaType, config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest, size: config.length }, layers: [] };
  const put = await fetch(`${repository}/manifests/0.1.0`, { method: 'PUT', headers: { 'content-type': mediaType }, body: JSON.stringify(manifest) });
  expect(put.status).toBe(201);
  return `${lab.registry}/image-test/chart:0.1.0`;
}
