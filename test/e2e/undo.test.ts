import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { kubectl } from '../../lab/kubectl.ts';
import { lab } from '../../lab/lab.ts';
import { paths } from '../../lab/paths.ts';
import { openCluster } from '../../src/adapters/kube/open-cluster.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { resources, workloadRef } from '../../src/app/resources.ts';
import { createRecord } from '../../src/app/state-store.ts';
import { formatMarker, INTENT, MARKER, OUTCOME, RUN, type Marker } from '../../src/core/rollout/marker.ts';
import { applyPatch, claimPatch, outcomePatch, readShape } from '../../src/core/rollout/patches.ts';
import type { Edit } from '../../src/core/workload/edit.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import type { Cluster } from '../../src/ports/cluster.ts';
import { record, situation } from '../builders/rollout.ts';
import { run, workFolder } from './changeover.ts';

const namespace = 'undo-test';
const admin = { KUBECONFIG: lab.adminKubeconfig };
const options = `-Dgreeting='it''s' "\${HOME}" \`id\` \\ é 漢`;

/** Two Deployments without pods, changed by the real patches of a run, and its records: what a control plane alone can hold. */
describe('the printed undo script, on a real API server', () => {
  let cluster: Cluster;
  let before: readonly KubeObject[];

  beforeAll(async () => {
    cluster = await openCluster({ kubeconfig: lab.adminKubeconfig, env: {}, clock: systemClock });
  });

  beforeEach(async () => {
    await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait', '--timeout=120s']);
    await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    before = [await cluster.create(deployment('orders')), await cluster.create(deployment('login', { annotations: { team: 'a/b~c' } }))];
    await migrate(before);
  });

  afterAll(async () => {
    await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
    await cluster.close();
  });

  it('restores every original with kubectl alone, and does nothing when run again', async () => {
    const printed = await undo(['--print']);

    const first = sh(printed.stdout);
    const again = sh(printed.stdout);

    expect(printed.code, printed.stderr).toBe(0);
    expect(first.status, first.stderr).toBe(0);
    expect(first.stdout).toContain('done: 2 put back');
    for (const original of before) {
      const now = await read(original);
      expect(now['spec']).toEqual(original['spec']);
      expect(ours(now)).toEqual([OUTCOME]);
      expect(now.metadata.annotations).toMatchObject(original.metadata.annotations ?? {});
    }
    expect(again.status).toBe(0);
    expect(again.stdout).toContain('done: 0 put back');
  });

  it('restores the named ones only, from a file that only its owner can read', async () => {
    const folder = workFolder();

    const printed = await run(folder, ['undo', '--out', 'undo.sh', `${namespace}/deployment/login`, '--state-namespace', namespace], admin);
    const done = sh(readFileSync(join(folder, 'undo.sh'), 'utf8'));

    expect(printed.code, printed.stderr).toBe(0);
    expect(printed.stdout).toBe('');
    expect(statSync(join(folder, 'undo.sh')).mode & 0o777).toBe(0o600);
    expect(done.status, done.stderr).toBe(0);
    expect(ours(await read(before[1]))).toEqual([OUTCOME]);
    expect(ours(await read(before[0]))).toContain(MARKER);
  });

  it("changes nothing over somebody else's later deploy: the script stops there, and a new one leaves it to a person", async () => {
    const printed = await undo(['--print']);
    await kubectl(['set', 'image', 'deployment/login', 'login=registry.example.com/login:9', '-n', namespace]);

    const stopped = sh(printed.stdout);
    const anew = await undo(['--print']);
    const rest = sh(anew.stdout);

    expect(stopped.status).toBe(1);
    expect(stopped.stderr).toContain(`stopped at ${namespace}/Deployment/login, for the reason above: 0 put back`);
    expect(anew.code).toBe(3);
    expect(anew.stderr).toContain(`${namespace}/Deployment/login`);
    expect(anew.stdout).toContain('#   image of container login: registry.example.com/login:1');
    expect(rest.status).toBe(3);
    expect((await read(before[0]))['spec']).toEqual(before[0]?.['spec']);
    expect(JSON.stringify((await read(before[1]))['spec'])).toContain('login:9');
  });

  it('says in a comment that a workload was put back already', async () => {
    sh((await undo(['--print', `${namespace}/Deployment/orders`])).stdout);

    const printed = await undo(['--print']);

    expect(printed.stdout).toContain(`# ${namespace}/Deployment/orders: the marker of run undo is gone`);
    expect(printed.stdout.match(/^ {2}kubectl patch/gm)).toHaveLength(1);
  });

  async function migrate(objects: readonly KubeObject[]): Promise<void> {
    const records = objects.map((object) => ({
      ...record(object.metadata.name),
      run: 'undo',
      state: 'SUCCEEDED' as const,
      intent: 'undo.1',
      item: itemOf(object),
    }));
    const { run: template } = situation([records]);
    await createRecord(cluster, namespace, { ...template, name: 'undo', phase: 'RUNNING' });
    for (const [index, each] of records.entries()) {
      const object = objects[index];
      if (!object) continue;
      await change(object, each.item.edits);
      await createRecord(cluster, namespace, each);
    }
  }

  async function change(object: KubeObject, edits: readonly Edit[]): Promise<void> {
    const ref = workloadRef(idOf(object));
    const claim: Marker = { state: 'claimed', run: 'undo', epoch: 1, intent: 'undo.1', at: '2026-03-02T12:00:00.000Z' };
    const applied = { ...claim, state: 'applied' as const, edits, shape: readShape(object, edits) };
    const claimed = await patchUnlessMoved(object, (now) => claimPatch(now, claim, undefined));
    const changed = await cluster.patch(ref, applyPatch(claimed, formatMarker(claim), applied));
    await cluster.patch(ref, outcomePatch(changed, formatMarker(applied), { status: 'migrated', run: 'undo', intent: 'undo.1', at: claim.at }));
  }

  /** The controller writes to a new Deployment too: as the engine does, read again and try again. */
  async function patchUnlessMoved(object: KubeObject, ops: (now: KubeObject) => Parameters<Cluster['patch']>[1]): Promise<KubeObject> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const patched = await cluster.patch(workloadRef(idOf(object)), ops(await read(object))).catch(() => undefined);
      if (patched) return patched;
    }
    throw new Error('the Deployment moves all the time');
  }

  async function read(object: KubeObject | undefined): Promise<KubeObject> {
    const found = object && (await cluster.get({ resource: resources.deployment, namespace, name: object.metadata.name }));
    if (!found) throw new Error('the Deployment is gone');
    return found;
  }
});

async function undo(args: readonly string[]): ReturnType<typeof run> {
  return await run(workFolder(), ['undo', ...args, '--state-namespace', namespace], admin);
}

/** Runs a script where only kubectl is at hand. */
function sh(script: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const file = join(workFolder(), 'undo.sh');
  writeFileSync(file, script);
  return spawnSync('sh', [file], { encoding: 'utf8', env: { ...admin, HOME: workFolder(), PATH: `${paths.bin}:/usr/bin:/bin` } });
}

/** A Deployment that differs from the API server's defaults in nothing: what it stores is what a rollback must restore. */
function deployment(name: string, metadata: { readonly annotations?: { readonly [key: string]: string } } = {}): KubeObject {
  const labels = { app: name };
  const containers = [
    { name: 'collector', image: 'registry.example.com/collector:1' },
    { name, image: `registry.example.com/${name}:1`, ...(name === 'orders' ? {} : { env: [{ name: 'CATALINA_OPTS', value: options }] }) },
  ];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, ...metadata },
    spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}

function itemOf(object: KubeObject): ReturnType<typeof record>['item'] {
  const { name } = object.metadata;
  const image: Edit = { kind: 'image', container: name, before: `registry.example.com/${name}:1`, after: `registry.example.com/${name}:1-otel-0a1b2c3d` };
  const added: Edit = { kind: 'env', container: name, name: 'OTEL_SERVICE_NAME', before: null, after: { name: 'OTEL_SERVICE_NAME', value: name } };
  const changed: Edit = {
    kind: 'env',
    container: name,
    name: 'CATALINA_OPTS',
    before: { name: 'CATALINA_OPTS', value: options },
    after: { name: 'CATALINA_OPTS', value: '-Xmx1g' },
  };
  const edits = name === 'orders' ? [image, added] : [image, changed, added];
  return { ...record(name).item, id: idOf(object), uid: object.metadata.uid ?? '', edits };
}

function idOf(object: KubeObject): string {
  return `${namespace}/Deployment/${object.metadata.name}`;
}

function ours(object: KubeObject): readonly string[] {
  const template = JSON.stringify(object['spec']).includes(INTENT) ? [INTENT] : [];
  return [...Object.keys(object.metadata.annotations ?? {}).filter((key) => [MARKER, RUN, OUTCOME].includes(key)), ...template];
}
