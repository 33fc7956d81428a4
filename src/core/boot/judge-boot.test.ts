import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { judgeBoot } from './judge-boot.ts';

const ended = (exitCode: number, reason = 'Error'): JsonObject => ({ state: { terminated: { exitCode, reason, message: '' } } });
const waits = (reason: string, message: string): JsonObject => ({ state: { waiting: { reason, message } } });

describe('a boot probe', () => {
  it.each<[string, JsonObject, JsonObject, JsonObject]>([
    ['passes with exit code 0', {}, ended(0, 'Completed'), { kind: 'passed' }],
    ['fails with another', {}, ended(1), { kind: 'failed', reason: { id: 'container-crashed', params: { exitCode: 1 } } }],
    ['fails where memory is short', {}, ended(137, 'OOMKilled'), { kind: 'failed', reason: { id: 'out-of-memory' } }],
    ['fails where the image is not there', {}, waits('ErrImagePull', 'manifest unknown'), { kind: 'failed', reason: { id: 'image-pull' } }],
    [
      'fails where a rule forbids the container',
      {},
      waits('CreateContainerConfigError', 'runs as root'),
      { kind: 'failed', reason: { id: 'container-config' } },
    ],
    ['waits for a busy registry', {}, waits('ImagePullBackOff', 'pull QPS exceeded'), { kind: 'wait', because: 'ImagePull' }],
    ['waits while it starts', { phase: 'Pending' }, waits('ContainerCreating', ''), { kind: 'wait', because: 'too-slow' }],
    ['proves nothing without a java to start', {}, ended(128, 'StartError'), { kind: 'unproven', because: 'ContainerCannotRun' }],
    ['proves nothing when its time is up', { phase: 'Failed', reason: 'DeadlineExceeded' }, ended(137), { kind: 'unproven', because: 'too-slow' }],
    ['proves nothing when it is evicted', { phase: 'Failed', reason: 'Evicted' }, ended(137), { kind: 'unproven', because: 'Evicted' }],
  ])('%s', (_what, status, container, verdict) => {
    expect(judgeBoot(pod({ ...status, containerStatuses: [{ name: 'orders', ...container }] }), 'orders')).toMatchObject(verdict);
  });

  it('does not count a sidecar that somebody injects', () => {
    const statuses = [
      { name: 'mesh', state: { running: {} } },
      { name: 'orders', ...ended(0) },
    ];

    expect(judgeBoot(pod({ phase: 'Running', containerStatuses: statuses }), 'orders')).toEqual({ kind: 'passed' });
  });

  it('waits for a node, and proves nothing once its pod is gone', () => {
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no memory' };

    expect(judgeBoot(pod({ conditions: [condition] }), 'orders')).toEqual({ kind: 'wait', because: 'Unschedulable', detail: 'no memory' });
    expect(judgeBoot(undefined, 'orders')).toMatchObject({ kind: 'unproven', because: 'pod-gone' });
  });
});

function pod(status: JsonObject): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'probe', namespace: 'shop', uid: 'u' }, status };
}
