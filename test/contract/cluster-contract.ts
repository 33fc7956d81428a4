import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChangeoverError, type ErrorCode } from '../../src/core/error.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import type { JsonPatchOp } from '../../src/core/workload/json-patch.ts';
import type { Cluster, ObjectRef, Resource, WatchEvent } from '../../src/ports/cluster.ts';

/** What the suite needs of an implementation. */
export interface ContractSetup {
  readonly cluster: Cluster;
  /** A namespace that exists, is ours alone, and in which we may do everything. */
  readonly namespace: string;
  readonly close?: () => Promise<void>;
}

const deployments: Resource = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
const configMaps: Resource = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const leases: Resource = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases', namespaced: true };
const namespaces: Resource = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };

/**
 * Registers the tests that every `Cluster` must pass, the simulated one as much as a real API server. Objects are named
 * per test; Deployments have no replicas, so that controllers (where there are any) leave the spec alone.
 */
export function clusterContract(name: string, open: () => Promise<ContractSetup>): void {
  describe(`Cluster contract: ${name}`, () => {
    let setup: ContractSetup;
    const fixture = (): Fixture => fixtureOf(setup);

    beforeAll(async () => {
      setup = await open();
    });
    afterAll(async () => {
      await setup.cluster.close();
      await setup.close?.();
    });

    describe('identity and access', () => identityTests(fixture));
    describe('create, get, replace, delete', () => objectTests(fixture));
    describe('JSON Patch', () => patchTests(fixture));
    describe('Deployment', () => deploymentTests(fixture));
    describe('dry run', () => dryRunTests(fixture));
    describe('list', () => listTests(fixture));
    describe('watch', () => watchTests(fixture));
    describe('errors', () => errorTests(fixture));
  });
}

interface Fixture {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly configMap: (
    name: string,
    more?: { readonly labels?: Readonly<Record<string, string>>; readonly data?: Readonly<Record<string, string>> },
  ) => KubeObject;
  readonly ref: (resource: Resource, name: string) => ObjectRef;
}

function fixtureOf({ cluster, namespace }: ContractSetup): Fixture {
  return {
    cluster,
    namespace,
    configMap: (name, { labels, data = { a: '1' } } = {}) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace, ...(labels ? { labels } : {}) },
      data,
    }),
    ref: (resource, name) => ({ resource, namespace: resource.namespaced ? namespace : '', name }),
  };
}

function identityTests(fixture: () => Fixture): void {
  it('tells who the cluster is, the same at every call', async () => {
    const { cluster } = fixture();

    const [first, second] = [await cluster.identity(), await cluster.identity()];

    expect(first.id).not.toBe('');
    expect(first.server).not.toBe('');
    expect(first.version).not.toBe('');
    expect(second).toEqual(first);
  });

  it('answers access questions in the order they were asked', async () => {
    const { cluster, namespace } = fixture();

    const answers = await cluster.can([
      { verb: 'get', group: '', resource: 'configmaps', namespace },
      { verb: 'patch', group: 'apps', resource: 'deployments', namespace },
      { verb: 'get', group: '', resource: 'pods', subresource: 'log', namespace },
      { verb: 'list', group: '', resource: 'namespaces' },
    ]);

    expect(answers).toEqual([true, true, true, true]);
    expect(await cluster.can([])).toEqual([]);
  });
}

function objectTests(fixture: () => Fixture): void {
  it('returns undefined for what does not exist', async () => {
    const { cluster, ref } = fixture();

    expect(await cluster.get(ref(configMaps, 'absent'))).toBeUndefined();
    expect(await cluster.get(ref(deployments, 'absent'))).toBeUndefined();
    expect(await cluster.get(ref(namespaces, 'absent'))).toBeUndefined();
  });

  it('creates an object and gives it uid, resourceVersion and creation time', async () => {
    const { cluster, namespace, configMap, ref } = fixture();

    const created = await cluster.create(configMap('created', { labels: { app: 'x' }, data: { 'key.with.dots': 'a\nb "c" é 日本' } }));

    expect(created).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'created', namespace, labels: { app: 'x' } },
      data: { 'key.with.dots': 'a\nb "c" é 日本' },
    });
    expect(created.metadata.uid).toMatch(/.+/);
    expect(created.metadata.resourceVersion).toMatch(/.+/);
    expect(Date.parse(created.metadata.creationTimestamp ?? '')).not.toBeNaN();
    expect(await cluster.get(ref(configMaps, 'created'))).toEqual(created);
  });

  it('reads cluster-scoped objects', async () => {
    const { cluster, namespace, ref } = fixture();

    const found = await cluster.get(ref(namespaces, namespace));

    expect(found).toMatchObject({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  });

  it('refuses to create a name twice and leaves the first as it was', async () => {
    const { cluster, configMap, ref } = fixture();
    const first = await cluster.create(configMap('twice'));

    await expectCode(cluster.create(configMap('twice', { data: { a: 'other' } })), 'conflict');

    expect(await cluster.get(ref(configMaps, 'twice'))).toEqual(first);
  });

  it('replaces an object that nobody wrote in between', async () => {
    const { cluster, configMap, ref } = fixture();
    const before = await cluster.create(configMap('replaced'));

    const after = await cluster.replace({ ...before, data: { b: '2' } });

    expect(after['data']).toEqual({ b: '2' });
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion);
    expect(await cluster.get(ref(configMaps, 'replaced'))).toEqual(after);
  });

  it('refuses a replace on a stale resourceVersion and changes nothing', async () => {
    const { cluster, configMap, ref } = fixture();
    const stale = await cluster.create(configMap('raced'));
    const winner = await cluster.replace({ ...stale, data: { by: 'winner' } });

    await expectCode(cluster.replace({ ...stale, data: { by: 'loser' } }), 'conflict');

    expect(await cluster.get(ref(configMaps, 'raced'))).toEqual(winner);
  });

  it('lets exactly one of two racing replaces win', async () => {
    const { cluster, configMap } = fixture();
    const base = await cluster.create(configMap('race'));

    const results = await Promise.allSettled([cluster.replace({ ...base, data: { by: '1' } }), cluster.replace({ ...base, data: { by: '2' } })]);

    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('keeps a Lease as it was written', async () => {
    const { cluster, namespace, ref } = fixture();
    const spec = { holderIdentity: 'me', leaseDurationSeconds: 15, acquireTime: '2026-01-02T03:04:05.678000Z', renewTime: '2026-01-02T03:04:05.678000Z' };

    const created = await cluster.create({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'lease', namespace }, spec });
    const renewed = await cluster.replace({ ...created, spec: { ...spec, renewTime: '2026-01-02T03:04:10.678000Z' } });

    expect(created['spec']).toEqual(spec);
    expect(renewed['spec']).toEqual({ ...spec, renewTime: '2026-01-02T03:04:10.678000Z' });
    await expectCode(cluster.replace(created), 'conflict');
    expect(await cluster.get(ref(leases, 'lease'))).toEqual(renewed);
  });

  it('deletes, and a new object of the same name has another uid', async () => {
    const { cluster, configMap, ref } = fixture();
    const first = await cluster.create(configMap('deleted'));

    await cluster.delete(ref(configMaps, 'deleted'));

    expect(await cluster.get(ref(configMaps, 'deleted'))).toBeUndefined();
    const second = await cluster.create(configMap('deleted'));
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
  });

  it('deletes by uid only the object that has it', async () => {
    const { cluster, configMap, ref } = fixture();
    const object = await cluster.create(configMap('by-uid'));

    await expectCode(cluster.delete(ref(configMaps, 'by-uid'), { uid: '00000000-0000-0000-0000-000000000000' }), 'conflict');

    expect(await cluster.get(ref(configMaps, 'by-uid'))).toEqual(object);
    await cluster.delete(ref(configMaps, 'by-uid'), { uid: object.metadata.uid ?? '' });
    expect(await cluster.get(ref(configMaps, 'by-uid'))).toBeUndefined();
  });

  it('deletes by resourceVersion only an object that nobody has written since', async () => {
    const { cluster, configMap, ref } = fixture();
    const object = await cluster.create(configMap('by-version'));
    const { uid = '', resourceVersion = '' } = object.metadata;
    const written = await cluster.patch(ref(configMaps, 'by-version'), [{ op: 'add', path: '/metadata/labels', value: { seen: 'yes' } }]);

    await expectCode(cluster.delete(ref(configMaps, 'by-version'), { uid, resourceVersion }), 'conflict');

    expect(await cluster.get(ref(configMaps, 'by-version'))).toEqual(written);
    await cluster.delete(ref(configMaps, 'by-version'), { uid, resourceVersion: written.metadata.resourceVersion ?? '' });
    expect(await cluster.get(ref(configMaps, 'by-version'))).toBeUndefined();
  });
}

function patchTests(fixture: () => Fixture): void {
  /** Creates a ConfigMap, patches it, and returns both with what is stored afterwards. */
  async function patched(name: string, ops: readonly JsonPatchOp[]): Promise<{ readonly before: KubeObject; readonly after: KubeObject }> {
    const { cluster, configMap, ref } = fixture();
    const before = await cluster.create(configMap(name, { data: { a: '1', b: '2' } }));
    const after = await cluster.patch(ref(configMaps, name), ops);
    expect(await cluster.get(ref(configMaps, name))).toEqual(after);
    return { before, after };
  }

  async function expectPrecondition(name: string, ops: readonly JsonPatchOp[]): Promise<void> {
    const { cluster, configMap, ref } = fixture();
    const before = await cluster.create(configMap(name, { data: { a: '1', b: '2' } }));
    await expectCode(cluster.patch(ref(configMaps, name), ops), 'precondition');
    expect(await cluster.get(ref(configMaps, name))).toEqual(before);
  }

  it('applies add, replace and remove in order', async () => {
    const { before, after } = await patched('patch-order', [
      { op: 'test', path: '/data/a', value: '1' },
      { op: 'add', path: '/data/c', value: '3' },
      { op: 'replace', path: '/data/a', value: 'one' },
      { op: 'test', path: '/data/a', value: 'one' },
      { op: 'remove', path: '/data/b' },
    ]);

    expect(after['data']).toEqual({ a: 'one', c: '3' });
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion);
  });

  it('adds over an existing member, which replaces it', async () => {
    const { after } = await patched('patch-add-over', [{ op: 'add', path: '/data/a', value: 'new' }]);

    expect(after['data']).toEqual({ a: 'new', b: '2' });
  });

  it('unescapes ~1 and ~0 in paths', async () => {
    const { after } = await patched('patch-escape', [
      { op: 'add', path: '/metadata/annotations', value: { 'changeover.dev/run': 'r1' } },
      { op: 'test', path: '/metadata/annotations/changeover.dev~1run', value: 'r1' },
      { op: 'add', path: '/metadata/annotations/changeover.dev~1marker', value: '{"a":"~/"}' },
    ]);

    expect(after.metadata.annotations).toEqual({ 'changeover.dev/run': 'r1', 'changeover.dev/marker': '{"a":"~/"}' });
  });

  it('removes a whole map, and the map is then absent', async () => {
    const { cluster, ref } = fixture();
    await patched('patch-remove-map', [{ op: 'add', path: '/metadata/annotations', value: { x: '1' } }]);

    const after = await cluster.patch(ref(configMaps, 'patch-remove-map'), [{ op: 'remove', path: '/metadata/annotations' }]);

    expect(after.metadata.annotations).toBeUndefined();
  });

  it('compares objects in a test without regard to the order of members', async () => {
    const { after } = await patched('patch-deep-test', [
      { op: 'test', path: '/data', value: { b: '2', a: '1' } },
      { op: 'replace', path: '/data/a', value: 'ok' },
    ]);

    expect(after['data']).toEqual({ a: 'ok', b: '2' });
  });

  it('fails a test on another value with nothing changed, though earlier operations would have', async () => {
    await expectPrecondition('patch-test-value', [
      { op: 'replace', path: '/data/a', value: 'changed' },
      { op: 'test', path: '/data/b', value: 'not 2' },
    ]);
  });

  it('fails a test on an absent member', async () => {
    await expectPrecondition('patch-test-absent', [{ op: 'test', path: '/data/zz', value: '1' }]);
  });

  it('fails a test of a whole object that has one member more', async () => {
    await expectPrecondition('patch-test-more', [{ op: 'test', path: '/data', value: { a: '1' } }]);
  });

  it('fails a test on another uid', async () => {
    await expectPrecondition('patch-test-uid', [
      { op: 'test', path: '/metadata/uid', value: '00000000-0000-0000-0000-000000000000' },
      { op: 'add', path: '/data/c', value: '3' },
    ]);
  });

  it('fails to add below an absent parent', async () => {
    await expectPrecondition('patch-add-parent', [{ op: 'add', path: '/metadata/annotations/x', value: '1' }]);
  });

  it('fails to remove what is absent, and to replace below an absent parent', async () => {
    await expectPrecondition('patch-remove-absent', [{ op: 'remove', path: '/data/zz' }]);
    await expectPrecondition('patch-remove-parent', [{ op: 'remove', path: '/metadata/annotations/x' }]);
    await expectPrecondition('patch-replace-parent', [{ op: 'replace', path: '/metadata/annotations/x', value: '1' }]);
  });

  it('adds what a replace does not find (API servers do, against RFC 6902): only a test guards the old value', async () => {
    const { after } = await patched('patch-replace-absent', [{ op: 'replace', path: '/data/zz', value: '1' }]);

    expect(after['data']).toEqual({ a: '1', b: '2', zz: '1' });
    await expectPrecondition('patch-replace-guarded', [
      { op: 'test', path: '/data/zz', value: '1' },
      { op: 'replace', path: '/data/zz', value: '2' },
    ]);
  });

  it('fails a test on a resourceVersion that has passed', async () => {
    const { cluster, ref } = fixture();
    const { before, after } = await patched('patch-rv', [
      { op: 'test', path: '/data/a', value: '1' },
      { op: 'replace', path: '/data/a', value: '2' },
    ]);
    const claim = (version: string | undefined): Promise<KubeObject> =>
      cluster.patch(ref(configMaps, 'patch-rv'), [
        { op: 'test', path: '/metadata/resourceVersion', value: version ?? '' },
        { op: 'add', path: '/data/claim', value: 'mine' },
      ]);

    await expectCode(claim(before.metadata.resourceVersion), 'precondition');

    expect((await claim(after.metadata.resourceVersion))['data']).toEqual({ a: '2', b: '2', claim: 'mine' });
  });

  it('writes nothing when the patch changes nothing', async () => {
    const { before, after } = await patched('patch-no-op', [{ op: 'replace', path: '/data/a', value: '1' }]);

    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it('lets exactly one of two patches with the same claim win', async () => {
    const { cluster, configMap, ref } = fixture();
    await cluster.create(configMap('patch-race', { data: { owner: 'none' } }));
    const claim = (by: string): Promise<KubeObject> =>
      cluster.patch(ref(configMaps, 'patch-race'), [
        { op: 'test', path: '/data/owner', value: 'none' },
        { op: 'replace', path: '/data/owner', value: by },
      ]);

    const results = await Promise.allSettled([claim('one'), claim('two')]);

    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  });
}

function deploymentTests(fixture: () => Fixture): void {
  it('starts at generation 1, which metadata does not move and the spec does', async () => {
    const { cluster, ref } = fixture();
    const at = ref(deployments, 'generation');
    const created = await cluster.create(deployment(fixture(), 'generation'));

    const annotated = await cluster.patch(at, [{ op: 'add', path: '/metadata/labels', value: { team: 'x' } }]);
    const changed = await cluster.patch(at, [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'example.com/app:2' }]);
    const same = await cluster.patch(at, [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'example.com/app:2' }]);

    expect([created, annotated, changed, same].map((object) => object.metadata.generation)).toEqual([1, 1, 2, 2]);
  });

  it('patches arrays by index, inserts before an index and appends with "-"', async () => {
    const { cluster, ref } = fixture();
    await cluster.create(deployment(fixture(), 'arrays', { args: ['b', 'c', 'd'] }));
    const args = '/spec/template/spec/containers/0/args';

    const after = await cluster.patch(ref(deployments, 'arrays'), [
      { op: 'test', path: `${args}/0`, value: 'b' },
      { op: 'add', path: `${args}/0`, value: 'a' },
      { op: 'test', path: `${args}/3`, value: 'd' },
      { op: 'remove', path: `${args}/2` },
      { op: 'replace', path: `${args}/1`, value: 'B' },
      { op: 'add', path: `${args}/-`, value: 'e' },
      { op: 'add', path: `${args}/4`, value: 'f' },
    ]);

    expect(container(after)).toMatchObject({ args: ['a', 'B', 'd', 'e', 'f'] });
  });

  it('fails on an index past the end', async () => {
    const { cluster, ref } = fixture();
    await cluster.create(deployment(fixture(), 'index', { args: ['a'] }));
    const args = '/spec/template/spec/containers/0/args';

    await expectCode(cluster.patch(ref(deployments, 'index'), [{ op: 'add', path: `${args}/2`, value: 'x' }]), 'precondition');
    await expectCode(cluster.patch(ref(deployments, 'index'), [{ op: 'replace', path: `${args}/1`, value: 'x' }]), 'precondition');
    await expectCode(cluster.patch(ref(deployments, 'index'), [{ op: 'test', path: `${args}/1`, value: 'x' }]), 'precondition');
    await expectCode(cluster.patch(ref(deployments, 'index'), [{ op: 'remove', path: `${args}/1` }]), 'precondition');
  });

  it('adds and removes the pod template annotations as a map, back to the same spec', async () => {
    const { cluster, ref } = fixture();
    const at = ref(deployments, 'round-trip');
    const before = await cluster.create(deployment(fixture(), 'round-trip', { env: [{ name: 'CATALINA_OPTS', value: '-Xmx1g' }] }));
    const env = '/spec/template/spec/containers/0/env/0';
    await expectCode(cluster.patch(at, [{ op: 'add', path: '/spec/template/metadata/annotations/changeover.dev~1intent', value: 'i' }]), 'precondition');

    const applied = await cluster.patch(at, [
      { op: 'test', path: env, value: { value: '-Xmx1g', name: 'CATALINA_OPTS' } },
      { op: 'replace', path: `${env}/value`, value: '-Xmx2g' },
      { op: 'add', path: '/spec/template/metadata/annotations', value: { 'changeover.dev/intent': 'i' } },
    ]);
    const back = await cluster.patch(at, [
      { op: 'test', path: `${env}/value`, value: '-Xmx2g' },
      { op: 'replace', path: `${env}/value`, value: '-Xmx1g' },
      { op: 'remove', path: '/spec/template/metadata/annotations' },
    ]);

    expect(applied['spec']).not.toEqual(before['spec']);
    expect(back['spec']).toEqual(before['spec']);
    expect(back.metadata.generation).toBe(3);
  });
}

function dryRunTests(fixture: () => Fixture): void {
  it('answers a create and persists nothing', async () => {
    const { cluster, configMap, ref } = fixture();

    const answer = await cluster.create(configMap('dry-create'), { dryRun: true });

    expect(answer).toMatchObject({ metadata: { name: 'dry-create' }, data: { a: '1' } });
    expect(await cluster.get(ref(configMaps, 'dry-create'))).toBeUndefined();
  });

  it('answers a patch with what would be stored and persists nothing', async () => {
    const { cluster, configMap, ref } = fixture();
    const before = await cluster.create(configMap('dry-patch'));

    const answer = await cluster.patch(ref(configMaps, 'dry-patch'), [{ op: 'replace', path: '/data/a', value: '2' }], { dryRun: true });

    expect(answer['data']).toEqual({ a: '2' });
    expect(await cluster.get(ref(configMaps, 'dry-patch'))).toEqual(before);
  });

  it('answers a replace and a delete and persists neither', async () => {
    const { cluster, configMap, ref } = fixture();
    const before = await cluster.create(configMap('dry-both'));

    const answer = await cluster.replace({ ...before, data: { a: '2' } }, { dryRun: true });
    await cluster.delete(ref(configMaps, 'dry-both'), { dryRun: true });

    expect(answer['data']).toEqual({ a: '2' });
    expect(await cluster.get(ref(configMaps, 'dry-both'))).toEqual(before);
  });

  it('takes a pod through admission and makes none', async () => {
    const { cluster, namespace } = fixture();
    const container = { name: 'app', image: 'registry.example.com/app:1', env: [{ name: 'A', value: '1' }] };
    const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'dry-pod', namespace }, spec: { containers: [container] } };

    const answer = await cluster.create(pod, { dryRun: true });

    expect(answer).toMatchObject({ metadata: { name: 'dry-pod' }, spec: { containers: [container] } });
    expect(await cluster.list({ resource: { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }, namespace })).toEqual([]);
  });

  it('fails where the real write would', async () => {
    const { cluster, configMap, ref } = fixture();
    await cluster.create(configMap('dry-fails'));

    await expectCode(cluster.create(configMap('dry-fails'), { dryRun: true }), 'conflict');
    await expectCode(cluster.patch(ref(configMaps, 'dry-fails'), [{ op: 'test', path: '/data/a', value: 'x' }], { dryRun: true }), 'precondition');
  });
}

function listTests(fixture: () => Fixture): void {
  const names = (objects: readonly KubeObject[]): readonly string[] => objects.map((object) => object.metadata.name).sort();

  it('lists by label selector, with apiVersion and kind on every item', async () => {
    const { cluster, namespace, configMap } = fixture();
    for (const [name, tier] of [
      ['list-a', 'web'],
      ['list-b', 'db'],
      ['list-c', 'web'],
    ] as const)
      await cluster.create(configMap(name, { labels: { list: 'yes', tier } }));
    await cluster.create(configMap('list-d', { labels: { list: 'yes' } }));
    const list = (labelSelector: string): Promise<readonly KubeObject[]> => cluster.list({ resource: configMaps, namespace, labelSelector });

    const all = await list('list=yes');

    expect(names(all)).toEqual(['list-a', 'list-b', 'list-c', 'list-d']);
    expect(all.every((object) => object.apiVersion === 'v1' && object.kind === 'ConfigMap')).toBe(true);
    expect(names(await list('list=yes,tier=web'))).toEqual(['list-a', 'list-c']);
    expect(names(await list('list==yes,tier!=web'))).toEqual(['list-b', 'list-d']);
    expect(names(await list('list,tier in (db, web)'))).toEqual(['list-a', 'list-b', 'list-c']);
    expect(names(await list('list=yes,tier notin (web)'))).toEqual(['list-b', 'list-d']);
    expect(names(await list('list=yes,!tier'))).toEqual(['list-d']);
    expect(await list('list=no')).toEqual([]);
  });

  it('lists by field selector', async () => {
    const { cluster, namespace, configMap } = fixture();
    await cluster.create(configMap('field-a'));
    await cluster.create(configMap('field-b'));

    const found = await cluster.list({ resource: configMaps, namespace, fieldSelector: 'metadata.name=field-b' });

    expect(names(found)).toEqual(['field-b']);
  });

  it('lists across namespaces when none is named, items the same as a get gives', async () => {
    const { cluster, namespace, configMap, ref } = fixture();
    await cluster.create(configMap('everywhere', { labels: { everywhere: namespace } }));

    const found = await cluster.list({ resource: configMaps, labelSelector: `everywhere=${namespace}` });

    expect(found).toEqual([await cluster.get(ref(configMaps, 'everywhere'))]);
  });

  it('lists cluster-scoped objects', async () => {
    const { cluster, namespace } = fixture();

    const found = await cluster.list({ resource: namespaces, fieldSelector: `metadata.name=${namespace}` });

    expect(names(found)).toEqual([namespace]);
  });
}

function watchTests(fixture: () => Fixture): void {
  const selector = (label: string): { readonly resource: Resource; readonly namespace: string; readonly labelSelector: string } => ({
    resource: configMaps,
    namespace: fixture().namespace,
    labelSelector: `watch=${label}`,
  });

  it('begins with the current state, then tells what is added, modified and deleted', async () => {
    const { cluster, configMap, ref } = fixture();
    const old = await cluster.create(configMap('watch-old', { labels: { watch: 'basic' } }));
    const events = new EventReader((signal) => cluster.watch(selector('basic'), signal));

    const first = await events.next();
    const added = await cluster.create(configMap('watch-new', { labels: { watch: 'basic' } }));
    const second = await events.next();
    const modified = await cluster.patch(ref(configMaps, 'watch-new'), [{ op: 'replace', path: '/data/a', value: '2' }]);
    const third = await events.next();
    await cluster.delete(ref(configMaps, 'watch-new'));
    const fourth = await events.next();

    expect(first).toEqual({ kind: 'relisted', objects: [old] });
    expect(second).toEqual({ kind: 'added', object: added });
    expect(third).toEqual({ kind: 'modified', object: modified });
    expect(fourth).toMatchObject({
      kind: 'deleted',
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'watch-new', uid: added.metadata.uid } },
    });
    await events.stop();
  });

  it('tells an object that leaves or enters the selection as deleted and added', async () => {
    const { cluster, configMap, ref } = fixture();
    await cluster.create(configMap('watch-moving', { labels: { watch: 'moving' } }));
    const events = new EventReader((signal) => cluster.watch(selector('moving'), signal));
    await events.next();

    await cluster.patch(ref(configMaps, 'watch-moving'), [{ op: 'replace', path: '/metadata/labels/watch', value: 'elsewhere' }]);
    const left = await events.next();
    await cluster.patch(ref(configMaps, 'watch-moving'), [{ op: 'replace', path: '/metadata/labels/watch', value: 'moving' }]);
    const entered = await events.next();

    expect([left.kind, entered.kind]).toEqual(['deleted', 'added']);
    await events.stop();
  });

  it('loses nothing that happens before the consumer asks', async () => {
    const { cluster, configMap } = fixture();
    const events = new EventReader((signal) => cluster.watch(selector('burst'), signal));
    await events.next();

    for (let index = 0; index < 20; index += 1) await cluster.create(configMap(`watch-burst-${index}`, { labels: { watch: 'burst' } }));
    const seen: string[] = [];
    while (seen.length < 20) {
      const event = await events.next();
      if (event.kind === 'added') seen.push(event.object.metadata.name);
    }

    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => `watch-burst-${index}`));
    await events.stop();
  });

  it('ends when the signal fires while the consumer waits', async () => {
    const { cluster } = fixture();
    const stop = new AbortController();
    const iterator = cluster.watch(selector('ending'), stop.signal)[Symbol.asyncIterator]();
    await iterator.next();

    const pending = iterator.next();
    stop.abort();

    expect((await pending).done).toBe(true);
  });

  it('ends at once when the signal fired before', async () => {
    const { cluster } = fixture();

    const result = await cluster.watch(selector('ended'), AbortSignal.abort())[Symbol.asyncIterator]().next();

    expect(result.done).toBe(true);
  });
}

function errorTests(fixture: () => Fixture): void {
  it('says not-found for writes to what does not exist', async () => {
    const { cluster, configMap, ref } = fixture();
    const ghost = await cluster.create(configMap('ghost'));
    await cluster.delete(ref(configMaps, 'ghost'));

    await expectCode(cluster.patch(ref(configMaps, 'ghost'), [{ op: 'add', path: '/data/x', value: 'x' }]), 'not-found');
    await expectCode(cluster.delete(ref(configMaps, 'ghost')), 'not-found');
    await expectCode(cluster.replace({ ...ghost, metadata: { name: 'ghost', namespace: fixture().namespace } }), 'not-found');
    await expectCode(cluster.logs({ namespace: fixture().namespace, pod: 'ghost', container: 'app', limitBytes: 10 }), 'not-found');
  });

  it('says not-found for a create in a namespace that does not exist', async () => {
    const { cluster } = fixture();

    await expectCode(cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'no-such-namespace' } }), 'not-found');
  });

  it('says refused for an object that is not valid, and names the field', async () => {
    const { cluster, configMap } = fixture();

    const error = await expectCode(cluster.create(configMap('Not_A_Valid.Name-')), 'refused');

    expect(error.message).toContain('metadata.name');
  });

  it('names the object that an error is about', async () => {
    const { cluster, namespace, ref } = fixture();

    const error = await expectCode(cluster.patch(ref(configMaps, 'nobody'), [{ op: 'add', path: '/data/x', value: 'x' }]), 'not-found');

    expect(error.target).toBe(`${namespace}/ConfigMap/nobody`);
  });

  it('says aborted when the signal fired', async () => {
    const { cluster, namespace, configMap, ref } = fixture();
    const signal = AbortSignal.abort();

    await expectCode(cluster.get(ref(configMaps, 'x'), signal), 'aborted');
    await expectCode(cluster.list({ resource: configMaps, namespace }, signal), 'aborted');
    await expectCode(cluster.create(configMap('never'), { signal }), 'aborted');

    expect(await cluster.get(ref(configMaps, 'never'))).toBeUndefined();
  });
}

/** Reads a watch event by event and stops it. */
class EventReader {
  readonly #stop = new AbortController();
  readonly #iterator: AsyncIterator<WatchEvent>;

  constructor(watch: (signal: AbortSignal) => AsyncIterable<WatchEvent>) {
    this.#iterator = watch(this.#stop.signal)[Symbol.asyncIterator]();
  }

  async next(): Promise<WatchEvent> {
    const result = await this.#iterator.next();
    if (result.done) throw new Error('the watch ended');
    return result.value;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#iterator.return?.();
  }
}

function deployment(
  { namespace }: Fixture,
  name: string,
  more: { readonly args?: readonly string[]; readonly env?: readonly { readonly name: string; readonly value: string }[] } = {},
): KubeObject {
  const labels = { app: name };
  const containers = [{ name: 'app', image: 'example.com/app:1', ...more }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}

function container(object: KubeObject): unknown {
  const { spec } = object as unknown as { readonly spec: { readonly template: { readonly spec: { readonly containers: readonly unknown[] } } } };
  return spec.template.spec.containers[0];
}

async function expectCode(promise: Promise<unknown>, code: ErrorCode): Promise<ChangeoverError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ChangeoverError);
  expect(error).toMatchObject({ code });
  return error as ChangeoverError;
}
