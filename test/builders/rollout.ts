import type { MigrateItem } from '../../src/core/plan/plan.ts';
import type { Situation } from '../../src/core/rollout/decide.ts';
import type { Observation } from '../../src/core/rollout/observation.ts';
import type { RunRecord, WorkloadRecord } from '../../src/core/rollout/run-record.ts';
import { formatMarker, INTENT, MARKER } from '../../src/core/rollout/marker.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import type { ContainerState, PodView } from '../../src/core/workload/pod-view.ts';

/** Noon of the day all these stories happen on, in milliseconds. */
export const NOON = Date.parse('2026-03-02T12:00:00.000Z');

/** A planned migration of `shop/Deployment/<name>`. */
export function item(name: string, overrides: Partial<MigrateItem> = {}): MigrateItem {
  const before = `registry.example.com/${name}:1`;
  return {
    id: `shop/Deployment/${name}`,
    uid: `uid-${name}`,
    owner: { kind: 'none' },
    replicas: 2,
    findings: [],
    action: 'migrate',
    surge: 1,
    container: name,
    templateHash: 'hash',
    source: { image: before, repository: `registry.example.com/${name}`, digest: `sha256:${'0'.repeat(64)}` },
    agent: { id: 'skywalking', jarPath: '/opt/skywalking/skywalking-agent.jar', carrier: 'CATALINA_OPTS', source: 'pod env CATALINA_OPTS' },
    delivery: 'takeover',
    refused: [],
    target: { reference: `${before}-otel`, digest: `sha256:${'1'.repeat(64)}`, hash8: '0a1b2c3d', env: {}, removes: [], stays: [] },
    edits: [{ kind: 'image', container: name, before, after: `${before}-otel` }],
    fingerprint: 'f',
    ...overrides,
  };
}

/** A record of it, in flight as run `r`, epoch 1, attempt 1. */
export function record(name: string, overrides: Partial<WorkloadRecord> = {}): WorkloadRecord {
  return {
    version: 1,
    run: 'r',
    item: item(name),
    state: 'PLANNED',
    since: new Date(NOON).toISOString(),
    epoch: 1,
    attempt: 1,
    intent: 'r.1',
    rolloutStartedAt: new Date(NOON).toISOString(),
    shape: { noAnnotations: false, noTemplateAnnotations: true, noEnv: [] },
    findings: [],
    ...overrides,
  };
}

/** The live Deployment of a record: as before us, or as after our change. */
export function deployment(
  of: WorkloadRecord,
  side: 'before' | 'after',
  overrides: { readonly marker?: 'claimed' | 'applied' | 'none'; readonly image?: string } = {},
): KubeObject {
  const { item: planned } = of;
  const state = overrides.marker ?? (side === 'after' ? 'applied' : 'none');
  const [edit] = planned.edits;
  const image = overrides.image ?? (edit?.kind === 'image' ? edit[side] : '');
  const marker =
    state === 'none' ? {} : { [MARKER]: formatMarker({ state, run: of.run, epoch: of.epoch, intent: of.intent ?? '', at: of.since, edits: planned.edits }) };
  const annotations = side === 'after' ? { annotations: { [INTENT]: of.intent ?? '' } } : {};
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: planned.container, namespace: 'shop', uid: planned.uid, generation: 2, annotations: marker },
    spec: { replicas: planned.replicas, template: { metadata: annotations, spec: { containers: [{ name: planned.container, image }] } } },
    status: { observedGeneration: 2, updatedReplicas: planned.replicas },
  };
}

/** A pod that has been Ready since `readyFor` milliseconds before noon. */
export function pod(name: string, overrides: Partial<PodView> = {}, state: Partial<ContainerState> = {}): PodView {
  const container: ContainerState = {
    name: 'orders',
    init: false,
    ready: true,
    restarts: 0,
    image: '',
    imageId: '',
    runningSince: new Date(NOON).toISOString(),
    ...state,
  };
  return {
    name,
    uid: `uid-${name}`,
    node: 'node1',
    phase: 'Running',
    reason: '',
    terminating: false,
    ready: true,
    readyMessage: '',
    readyTransition: new Date(NOON).toISOString(),
    containers: [container],
    ...overrides,
  };
}

/** What is seen of a record's rollout at a moment (milliseconds after noon). */
export function observation(of: WorkloadRecord, atMs: number, overrides: Partial<Observation> = {}): Observation {
  const object = deployment(of, 'after');
  const intentSet: KubeObject = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'rs', uid: 'rs' } };
  return { at: NOON + atMs, object, intentSet, newPods: [], oldPods: [], proofs: {}, ...overrides };
}

/** A running run over these records, one batch after another. */
export function situation(batches: readonly (readonly WorkloadRecord[])[], overrides: Partial<Situation> = {}): Situation {
  const run: RunRecord = {
    version: 1,
    name: 'r',
    planHash: 'h',
    planName: 'r',
    policyHash: 'p',
    policy: {},
    policyDirectory: '/',
    clusterId: 'c',
    agentLayer: { digest: '', diffId: '', size: 0, version: '' },
    startedAt: new Date(NOON).toISOString(),
    startedBy: 'sre',
    epoch: 1,
    phase: 'RUNNING',
    batches: batches.map((each) => each.map((one) => one.item.id)),
    decisions: [],
    decided: 0,
    skipped: [],
  };
  const records = new Map(batches.flat().map((one) => [one.item.id, one]));
  const rules = { soakMs: 300_000, proof: 'log' as const, maxFailures: 0, maxStale: 0.1, batchSize: 10, gate: false, drill: false };
  return { run, records, observations: new Map(), now: NOON, stopping: false, rules, ...overrides };
}
