import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { applyObjects, getJson, kubectl } from '../../lab/kubectl.ts';
import { lab } from '../../lab/lab.ts';
import { planHash } from '../../src/core/plan/plan-hash.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import type { RunStatus } from '../../src/core/rollout/run-status.ts';
import { json, run, workFolder, writePolicy } from './changeover.ts';
import { readDeployments, readyPods } from './fleet-state.ts';

describe('bad input on a real cluster', () => {
  const extra: string[] = [];

  afterEach(async () => {
    for (const name of extra.splice(0)) await kubectl(['delete', 'deployment', name, '-n', 'shop', '--ignore-not-found', '--wait=false']);
  });

  it('a policy with a typo: exit 2, with file, line and the field meant', async () => {
    const folder = workFolder();
    writePolicy(folder, { rollout: { batchsize: 3 } });

    const outcome = await run(folder, ['plan', '-p', 'policy.yaml']);

    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toMatch(/policy\.yaml:\d+:\d+.*batchsize/s);
    expect(outcome.stderr).toMatch(/did you mean .*batchSize/i);
  });

  it('an unreachable cluster: exit 6, naming the address', async () => {
    const folder = workFolder();
    const kubeconfig = readFileSync(lab.changeoverKubeconfig, 'utf8').replace(/127\.0\.0\.1:\d+/, '127.0.0.1:9');
    writeFileSync(join(folder, 'nowhere.kubeconfig'), kubeconfig);

    const outcome = await run(folder, ['scan', '--kubeconfig', 'nowhere.kubeconfig']);

    expect(outcome.code).toBe(6);
    expect(outcome.stderr).toContain('127.0.0.1:9');
  });

  it('an unreachable registry: exit 6, naming it', async () => {
    const folder = workFolder();
    writePolicy(folder, { to: { agent: 'opentelemetry', files: { image: '127.0.0.1:9/agents/otel:1' } } });

    const outcome = await run(folder, ['plan', '-p', 'policy.yaml']);

    expect(outcome.code).toBe(6);
    expect(outcome.stderr).toContain('127.0.0.1:9');
  });

  it('missing permissions: exit 6, naming verb and resource', async () => {
    const outcome = await run(workFolder(), ['scan', '-n', 'shop'], { KUBECONFIG: lab.viewerKubeconfig });

    expect(outcome.code).toBe(6);
    expect(outcome.stderr).toMatch(/not allowed to list (deployments\.apps|replicasets\.apps|pods) in namespace shop/);
  });

  it('a plan from another cluster: exit 5, and nothing is written', async () => {
    const folder = workFolder();
    writePolicy(folder);
    const before = await readDeployments();
    const plan = json<Plan>(await run(folder, ['plan', '-p', 'policy.yaml', '--workload', 'shop/Deployment/login', '-o', 'json']));
    const foreign = { ...plan, cluster: { ...plan.cluster, id: '00000000-0000-0000-0000-000000000000' } };
    writeFileSync(join(folder, 'plan.json'), JSON.stringify({ ...foreign, hash: planHash(foreign) }));

    const outcome = await run(folder, ['apply', 'plan.json', '--yes']);

    expect(outcome.code).toBe(5);
    expect(outcome.stderr).toMatch(/was made for the cluster/);
    expect([...(await readDeployments()).values()].map((each) => each.spec)).toEqual([...before.values()].map((each) => each.spec));
  });

  it('a plan that was edited: exit 2', async () => {
    const folder = workFolder();
    writePolicy(folder);
    const plan = json<Plan>(await run(folder, ['plan', '-p', 'policy.yaml', '--workload', 'shop/Deployment/login', '-o', 'json']));
    writeFileSync(join(folder, 'plan.json'), JSON.stringify({ ...plan, batches: [] }));

    const outcome = await run(folder, ['apply', 'plan.json', '--yes']);

    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toMatch(/changed after it was planned/);
  });

  it('a workload that moved since the plan is left alone as stale', async () => {
    const folder = workFolder();
    await cloneLogin('moved', extra);
    writePolicy(folder);
    await run(folder, ['plan', '-p', 'policy.yaml', '--workload', 'shop/Deployment/moved', '--out', 'plan.json']);
    await kubectl(['set', 'env', '-n', 'shop', 'deployment/moved', '-c', 'moved', 'RELEASE=2']);
    const before = (await readDeployments()).get('moved');

    const outcome = await run(folder, ['apply', 'plan.json', '--yes', '-o', 'json']);

    expect(outcome.code, outcome.stderr).toBe(0);
    expect(await onlyWorkload(folder)).toMatchObject({ outcome: 'skipped', reason: { id: 'stale' } });
    expect((await readDeployments()).get('moved')?.spec).toEqual(before?.spec);
  });

  it('a Deployment deleted meanwhile is gone, and a new one of its name is not touched', async () => {
    const folder = workFolder();
    await cloneLogin('leaving', extra);
    writePolicy(folder);
    await run(folder, ['plan', '-p', 'policy.yaml', '--workload', 'shop/Deployment/leaving', '--out', 'plan.json']);
    await kubectl(['delete', 'deployment', 'leaving', '-n', 'shop', '--wait=true']);
    await cloneLogin('leaving', extra);
    const before = (await readDeployments()).get('leaving');

    const outcome = await run(folder, ['apply', 'plan.json', '--yes', '-o', 'json']);

    expect(outcome.code, outcome.stderr).toBe(0);
    expect(await onlyWorkload(folder)).toMatchObject({ outcome: 'skipped', reason: { id: 'gone' } });
    expect((await readDeployments()).get('leaving')?.spec).toEqual(before?.spec);
  });

  it('an image that the registry no longer has blocks its workload in the plan', async () => {
    const folder = workFolder();
    const image = await copyImage('shop/login', 'shop/vanishing');
    await cloneLogin('vanishing', extra, image.reference);
    await deleteManifest(image);
    writePolicy(folder);

    const outcome = await run(folder, ['plan', '-p', 'policy.yaml', '--workload', 'shop/Deployment/vanishing', '-o', 'json']);

    expect(outcome.code, outcome.stderr).toBe(0);
    const [item] = json<Plan>(outcome).items;
    expect(item).toMatchObject({ action: 'skip', skip: { id: 'blocked' } });
    expect(item?.findings.map((finding) => finding.id)).toContain('image-missing');
  });
});

async function onlyWorkload(folder: string): Promise<unknown> {
  const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')) as Plan;
  const status = json<RunStatus>(await run(folder, ['status', '--run', plan.name, '-o', 'json']));
  return status.workloads[0];
}

/** A Deployment like `login` under another name; waits until its pod is Ready. */
async function cloneLogin(name: string, names: string[], image?: string): Promise<void> {
  names.push(name);
  const login = JSON.parse(JSON.stringify(await getJson<object>('deployment', 'login', '-n', 'shop')).replaceAll(/"login"/g, JSON.stringify(name))) as {
    metadata: object;
    spec: { template: { spec: { containers: { image: string }[] } } };
  };
  const [container] = login.spec.template.spec.containers;
  if (container && image !== undefined) container.image = image;
  await applyObjects([
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop', labels: { app: name, appName: name } }, spec: login.spec },
  ]);
  await kubectl(['rollout', 'status', '-n', 'shop', `deployment/${name}`, '--timeout=180s']);
  while ((await readyPods(name)).length !== 1) await new Promise((resolve) => setTimeout(resolve, 200));
}

interface CopiedImage {
  readonly repository: string;
  readonly digest: string;
  readonly reference: string;
}

/** Copies an image within the lab's registry by mounting its blobs. */
async function copyImage(from: string, to: string): Promise<CopiedImage> {
  const base = `http://${lab.registry}/v2`;
  const accept = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'].join(', ');
  const manifest = await fetch(`${base}/${from}/manifests/1.0`, { headers: { accept } });
  const text = await manifest.text();
  const parsed = JSON.parse(text) as { config: { digest: string }; layers: { digest: string }[] };
  for (const { digest } of [parsed.config, ...parsed.layers]) {
    const mounted = await fetch(`${base}/${to}/blobs/uploads/?mount=${digest}&from=${from}`, { method: 'POST' });
    expect(mounted.status).toBe(201);
  }
  const put = await fetch(`${base}/${to}/manifests/1.0`, {
    method: 'PUT',
    headers: { 'content-type': manifest.headers.get('content-type') ?? '' },
    body: text,
  });
  expect(put.status).toBe(201);
  const digest = put.headers.get('docker-content-digest') ?? '';
  return { repository: to, digest, reference: `${lab.registry}/${to}:1.0` };
}

async function deleteManifest(image: CopiedImage): Promise<void> {
  const deleted = await fetch(`http://${lab.registry}/v2/${image.repository}/manifests/${image.digest}`, { method: 'DELETE' });
  expect(deleted.status).toBe(202);
}
