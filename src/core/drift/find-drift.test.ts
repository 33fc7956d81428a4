import { describe, expect, it } from 'vitest';
import { deployment, item, record } from '../../../test/builders/rollout.ts';
import type { Inspection } from '../plan/inspect-workload.ts';
import { defaultPolicy } from '../policy/default-policy.ts';
import type { WorkloadRecord } from '../rollout/run-record.ts';
import type { Skip } from '../finding.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { findDrift, type RunsSoFar } from './find-drift.ts';

const succeeded = record('orders', { state: 'SUCCEEDED' });
const options = {
  kind: 'env',
  container: 'orders',
  name: 'CATALINA_OPTS',
  before: { name: 'CATALINA_OPTS', value: '-javaagent:/sw.jar' },
  after: { name: 'CATALINA_OPTS', value: '' },
} as const;
const coupled = record('orders', { state: 'SUCCEEDED', item: item('orders', { delivery: 'image', edits: [...item('orders').edits, options] }) });

describe('drift of a migrated workload', () => {
  it('is none while our change stands and its pods are well, or when its release brings the new agent', () => {
    expect(ids(succeeded, { object: deployment(succeeded, 'after'), pods: [pod({})] })).toEqual([]);
    expect(ids(succeeded, { object: deployment(succeeded, 'after', { image: 'orders:2' }), skip: 'already-on-target' })).toEqual([]);
  });

  it('is none where admission stored another value than we sent', () => {
    const [edit] = item('orders').edits;
    const written = edit?.kind === 'image' ? [{ ...edit, after: 'mirror/orders:1-otel' }] : [];
    const rewritten = { ...succeeded, written };

    expect(ids(rewritten, { object: deployment(rewritten, 'after', { image: 'mirror/orders:1-otel' }) })).toEqual([]);
  });

  it.each([
    ['old-agent-back', 'the old image', 'registry.example.com/orders:1', undefined],
    ['old-agent-back', 'the old image, locked by our own marker', 'registry.example.com/orders:1', 'locked'],
    ['old-agent-back', 'a new image with the old agent', 'registry.example.com/orders:2', 'locked'],
    ['no-agent-left', 'a new image without an agent', 'registry.example.com/orders:2', 'no-agent'],
    ['agent-unknown', 'an image that cannot be read', 'registry.example.com/orders:2', 'blocked'],
  ] as const)('is %s with %s', (id, _, image, skip) => {
    expect(ids(succeeded, { object: deployment(succeeded, 'after', { image }), ...(skip ? { skip } : {}) })).toEqual([id]);
  });

  it.each([
    ['the image alone was put back', 'registry.example.com/orders:1', ''],
    ['a release came with the old options alone', 'registry.example.com/orders:1-otel', '-javaagent:/sw.jar'],
  ])('is half-reverted where image and options went together and %s', (_, image, value) => {
    const object = withEnv(deployment(coupled, 'after', { image }), value);

    expect(ids(coupled, { object, skip: 'no-agent' })).toEqual(['half-reverted']);
  });

  it('is not half-reverted where everything was put back', () => {
    const object = withEnv(deployment(coupled, 'after', { image: 'registry.example.com/orders:1' }), '-javaagent:/sw.jar');

    expect(ids(coupled, { object })).toEqual(['old-agent-back']);
  });

  it('is regressed when its pods crash with our change on it', () => {
    const [found] = find(succeeded, { object: deployment(succeeded, 'after'), pods: [pod({ waiting: 'CrashLoopBackOff', restarts: 7 })] });

    expect(found?.finding).toEqual({ id: 'regressed', severity: 'warn', params: { pod: 'orders-1', restarts: 7, what: 'OOMKilled, exit code 137' } });
  });

  it('is woken-unverified when one that had no pods to judge by has some', () => {
    const zero = record('orders', { state: 'DEFERRED_ZERO' });

    expect(ids(zero, { object: deployment(zero, 'after') })).toEqual([]);
    expect(ids(zero, { object: deployment(zero, 'after'), pods: [pod({})] })).toEqual(['woken-unverified']);
  });
});

describe('drift of the others', () => {
  it('is not-migrated for one that was put back and that nobody has decided on', () => {
    const back = record('orders', { state: 'ROLLED_BACK' });

    expect(ids(back, { object: deployment(back, 'before') })).toEqual(['not-migrated']);
    expect(ids({ ...back, acknowledged: true }, { object: deployment(back, 'before') })).toEqual([]);
  });

  it('is none while a run is at it', () => {
    const rolling = record('orders', { state: 'ROLLING' });

    expect(ids(rolling, { object: deployment(rolling, 'after', { image: 'orders:2' }) })).toEqual([]);
  });

  it('is a new workload by its uid, not by its name', () => {
    const object = { ...deployment(succeeded, 'before'), metadata: { ...deployment(succeeded, 'before').metadata, uid: 'another' } };

    expect(ids(succeeded, { object })).toEqual(['new-workload']);
    expect(ids(succeeded, { object, skip: 'no-agent' })).toEqual([]);
  });

  it('is woken, or eligible now, where the plan had left it alone', () => {
    const object = deployment(succeeded, 'before');

    expect(ids(undefined, { object }, 'no-pods')).toEqual(['woken']);
    expect(ids(undefined, { object }, 'unhealthy-before')).toEqual(['eligible-now']);
    expect(ids(undefined, { object, skip: 'no-pods' }, 'no-pods')).toEqual([]);
  });
});

interface Seen {
  readonly object: KubeObject;
  readonly pods?: readonly KubeObject[];
  readonly skip?: Skip['id'];
}

function ids(known: WorkloadRecord | undefined, seen: Seen, skipped?: string): readonly string[] {
  return find(known, seen, skipped).map(({ finding }) => finding.id);
}

function find(known: WorkloadRecord | undefined, { object, pods = [], skip }: Seen, skipped?: string): ReturnType<typeof findDrift> {
  const id = 'shop/Deployment/orders';
  const workload = { id, namespace: 'shop', kind: 'Deployment', name: 'orders', uid: object.metadata.uid ?? '', object, replicaSets: [], revisions: [], pods };
  const inspection: Inspection = { workload, owner: { kind: 'none' }, configMaps: {}, findings: [], ...(skip ? { skip: { id: skip, params: {} } } : {}) };
  const runs: RunsSoFar = {
    policy: defaultPolicy(),
    records: new Map(known ? [[id, known]] : []),
    skipped: new Map(skipped === undefined ? [] : [[id, { id, skip: skipped }]]),
  };
  return findDrift([inspection], runs);
}

function withEnv(object: KubeObject, value: string): KubeObject {
  const copy = structuredClone(object) as unknown as { spec: { template: { spec: { containers: { env?: object[] }[] } } } };
  const [container] = copy.spec.template.spec.containers;
  if (container) container.env = [{ name: 'CATALINA_OPTS', value }];
  return copy as unknown as KubeObject;
}

function pod({ waiting, restarts = 0 }: { readonly waiting?: string; readonly restarts?: number }): KubeObject {
  const lastState = restarts > 0 ? { terminated: { exitCode: 137, reason: 'OOMKilled' } } : {};
  const status = {
    name: 'orders',
    ready: waiting === undefined,
    restartCount: restarts,
    state: waiting === undefined ? { running: {} } : { waiting: { reason: waiting } },
    lastState,
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'orders-1', uid: 'p' }, status: { phase: 'Running', containerStatuses: [status] } };
}
