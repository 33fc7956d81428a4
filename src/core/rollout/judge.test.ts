import { describe, expect, it } from 'vitest';
import { NOON, observation, pod, record } from '../../../test/builders/rollout.ts';
import { judge, type JudgeRules } from './judge.ts';
import type { Observation } from './observation.ts';
import { trackPods } from './track-pods.ts';

const rules: JudgeRules = { soakMs: 300_000, proof: 'log' };
const rolling = record('orders', { state: 'ROLLING' });
const two = [pod('a'), pod('b')];
const proven = { 'uid-a': { kind: 'target', line: '' }, 'uid-b': { kind: 'target', line: '' } } as const;

/** Judges what is seen `atMs` after noon, when the pods were first seen Ready at noon. */
function verdict(atMs: number, seen: Partial<Observation>, start = rolling): ReturnType<typeof judge> {
  const first = trackPods(start, observation(start, 0, seen));
  const now = observation(start, atMs, seen);
  return judge(now, trackPods(first, now), rules);
}

describe('judge', () => {
  it('passes when every wanted pod is new, proven and has soaked', () => {
    expect(verdict(300_000, { newPods: two, proofs: proven })).toEqual({ kind: 'pass' });
  });

  it('waits for the rest of the soak, and says how long', () => {
    expect(verdict(120_000, { newPods: two, proofs: proven })).toMatchObject({
      kind: 'wait',
      phase: 'soaking',
      waitingFor: { id: 'soak', params: { leftMs: 180_000 } },
    });
  });

  it('soaks every pod from its own start: one that came late is waited for', () => {
    const late = {
      ...observation(rolling, 200_000),
      newPods: [...two, pod('c', { readyTransition: new Date(NOON + 200_000).toISOString() })],
      proofs: { ...proven, 'uid-c': { kind: 'target', line: '' } as const },
    };
    const before = trackPods(trackPods(rolling, observation(rolling, 0, { newPods: two, proofs: proven })), late);

    expect(judge({ ...late, at: NOON + 300_000 }, before, rules)).toMatchObject({ kind: 'wait', waitingFor: { params: { leftMs: 200_000 } } });
  });

  it('never passes without proof: inconclusive once the time for it is over', () => {
    const silent = { 'uid-a': { kind: 'target', line: '' }, 'uid-b': { kind: 'none', expired: true } } as const;

    expect(verdict(300_000, { newPods: two, proofs: silent })).toMatchObject({ kind: 'inconclusive', reason: { id: 'no-proof' } });
  });

  it('gives spans until the soak ends, and calls it over only by an answer from after that', () => {
    const spans: JudgeRules = { soakMs: 300_000, proof: 'spans' };
    const silent = (askedAtMs: number) => ({ 'uid-a': { kind: 'none', expired: true, askedAt: NOON + askedAtMs, detail: 'down' } }) as const;
    const start = trackPods(rolling, observation(rolling, 0, { newPods: two }));
    const at = (ms: number, askedAtMs: number) => judge(observation(rolling, ms, { newPods: two, proofs: silent(askedAtMs) }), start, spans);

    expect(at(299_000, 299_000)).toMatchObject({ kind: 'wait', waitingFor: { id: 'proof', params: { pod: 'a', from: 'spans', detail: 'down' } } });
    expect(at(305_000, 299_999)).toMatchObject({ kind: 'wait' });
    expect(at(305_000, 300_000)).toMatchObject({ kind: 'inconclusive', reason: { id: 'no-proof', params: { from: 'spans' } } });
  });

  it.each([
    ['another agent', { kind: 'other', agent: 'skywalking', line: 'x' }, 'wrong-agent'],
    ['two agents', { kind: 'both', line: 'x' }, 'two-agents'],
  ] as const)('fails at once on %s', (_what, proof, id) => {
    expect(verdict(1_000, { newPods: two, proofs: { ...proven, 'uid-b': proof } })).toMatchObject({ kind: 'fail', reason: { id } });
  });

  it.each([
    ['a crash', { restarts: 1, lastTerminated: { exitCode: 1, reason: 'Error', message: '' } }, 'container-crashed'],
    ['an exit in the first start', { ready: false, terminated: { exitCode: 1, reason: 'Error', message: '' } }, 'container-crashed'],
    ['out of memory', { restarts: 1, lastTerminated: { exitCode: 137, reason: 'OOMKilled', message: '' } }, 'out-of-memory'],
    ['an image that is not there', { ready: false, waiting: { reason: 'ImagePullBackOff', message: 'manifest unknown: not found' } }, 'image-pull'],
    ['a bad container config', { ready: false, waiting: { reason: 'CreateContainerConfigError', message: 'secret "x" not found' } }, 'container-config'],
  ] as const)('fails at once on %s of one new pod, whatever the others do', (_what, state, id) => {
    expect(verdict(1_000, { newPods: [pod('a'), pod('b', { ready: false }, state)], proofs: proven })).toMatchObject({ kind: 'fail', reason: { id } });
  });

  it.each([
    ['a pull that the kubelet held back', { ready: false, waiting: { reason: 'ErrImagePull', message: 'pull QPS exceeded' } }],
    ['a container the runtime could not run', { restarts: 1, lastTerminated: { exitCode: 128, reason: 'ContainerCannotRun', message: '' } }],
  ] as const)('waits out trouble of the environment: %s', (_what, state) => {
    expect(verdict(1_000, { newPods: [pod('a'), pod('b', { ready: false }, state)], proofs: proven })).toMatchObject({ kind: 'wait', phase: 'rolling' });
  });

  it('waits for an unschedulable pod, and fails for lack of capacity at the deadline only', () => {
    const seen = { newPods: [pod('a'), pod('b', { ready: false, unschedulable: '0/3 nodes' })], proofs: proven };

    expect(verdict(9 * 60_000, seen)).toMatchObject({ kind: 'wait' });
    expect(verdict(11 * 60_000, seen)).toMatchObject({ kind: 'fail', reason: { id: 'capacity' } });
  });

  it('tolerates as many restarts at start-up as the old pods needed', () => {
    const used = record('orders', { state: 'ROLLING', baseline: { startupRestarts: 1, pods: 2 } });
    const restarted = pod('b', {}, { restarts: 1, lastTerminated: { exitCode: 1, reason: 'Error', message: '' } });

    expect(verdict(1_000, { newPods: [pod('a'), restarted], proofs: proven }, used)).toMatchObject({ kind: 'wait' });
  });

  it('fails when pods lose and regain readiness again and again', () => {
    const flapping = record('orders', { state: 'SOAKING', flaps: { 'uid-b': 2 } });

    expect(judge(observation(flapping, 1_000, { newPods: two, proofs: proven }), flapping, rules)).toMatchObject({
      kind: 'fail',
      reason: { id: 'readiness-flaps' },
    });
  });

  it('does not count old pods: all old ready and no new pod is still rolling', () => {
    expect(verdict(1_000, { newPods: [], oldPods: two })).toMatchObject({
      kind: 'wait',
      phase: 'rolling',
      waitingFor: { id: 'pods', params: { ready: 0, old: 2 } },
    });
  });

  it('waits until the controller has seen the change', () => {
    const object = observation(rolling, 0).object;
    const unseen = object && { ...object, status: { observedGeneration: 1 } };

    expect(verdict(1_000, { object: unseen, newPods: two, proofs: proven })).toMatchObject({ kind: 'wait', waitingFor: { id: 'controller' } });
  });

  it('does not add up hiccups of different pods', () => {
    const hiccups = record('orders', { state: 'SOAKING', flaps: { 'uid-a': 1, 'uid-b': 1 } });

    expect(judge(observation(hiccups, 1_000, { newPods: two, proofs: proven }), hiccups, rules)).toMatchObject({ kind: 'wait' });
  });

  it('never succeeds without a pod: scaled to zero it stays unverified', () => {
    const object = observation(rolling, 0).object;
    const empty = object && { ...object, spec: { replicas: 0 } };

    expect(verdict(1_000, { object: empty, newPods: two, proofs: proven })).toMatchObject({ kind: 'wait', waitingFor: { id: 'scaled-to-zero' } });
    expect(verdict(600_000, { object: empty })).toMatchObject({ kind: 'deferred', reason: { id: 'unverified' } });
  });

  it('does not blame the change when somebody paused the Deployment', () => {
    const object = observation(rolling, 0).object;
    const paused = object && { ...object, spec: { replicas: 2, paused: true } };

    expect(verdict(1_000, { object: paused, newPods: [pod('a')], proofs: proven })).toMatchObject({ kind: 'inconclusive', reason: { id: 'paused-by-others' } });
  });
});
