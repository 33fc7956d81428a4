import { describe, expect, it } from 'vitest';
import { applyJsonPatch } from '../../adapters/simulated/apply-json-patch.ts';
import { deployment, record } from '../../../test/builders/rollout.ts';
import { INTENT, MARKER, OUTCOME, RUN } from '../rollout/marker.ts';
import type { WorkloadRecord } from '../rollout/run-record.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { finishPatch } from './finish-patch.ts';

const orders = record('orders', { state: 'SUCCEEDED' });
const outcome = (run: string): string => JSON.stringify({ status: 'migrated', run, intent: `${run}.1`, at: '' });

describe('the patch that ends the way back', () => {
  it('takes off what is of this run, leaves all else, and the template as it is', () => {
    const live = annotated({ [RUN]: 'r', [OUTCOME]: outcome('r'), team: 'a' });

    const after = apply(live, orders);

    expect(after.metadata.annotations).toEqual({ team: 'a' });
    expect(after['spec']).toEqual(live['spec']);
    expect(JSON.stringify(after['spec'])).toContain(INTENT);
  });

  it('takes the map off where there was none before us, and only then', () => {
    const without = { ...orders, shape: { noAnnotations: true, noTemplateAnnotations: true, noEnv: [] } };

    expect(apply(annotated({ [RUN]: 'r' }), without).metadata.annotations).toBeUndefined();
    expect(apply(annotated({ [RUN]: 'r' }), orders).metadata.annotations).toEqual({});
    expect(apply(annotated({ [RUN]: 'r', team: 'a' }), without).metadata.annotations).toEqual({ team: 'a' });
  });

  it('leaves what is of another run, and a namesake', () => {
    const other = { ...orders, run: 'q' };

    expect(finishPatch(annotated({ [RUN]: 'r', [OUTCOME]: outcome('r') }), other)).toBeUndefined();
    expect(finishPatch(annotated({}), { ...orders, item: { ...orders.item, uid: 'another' } })).toBeUndefined();
    expect(finishPatch(undefined, orders)).toBeUndefined();
  });

  it('does not touch a marker that a hand has changed', () => {
    expect(finishPatch(annotated({ [RUN]: 'r', [MARKER]: '{' }), orders)).toBe('unreadable');
  });

  it('tests uid and every text it takes off: whoever wrote in between is not lost', () => {
    const live = annotated({ [RUN]: 'r' });
    const ops = finishPatch(live, orders);
    if (!Array.isArray(ops)) throw new Error('no patch');

    const changed = { ...live, metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, [MARKER]: 'new' } } };

    expect(() => applyJsonPatch(changed, ops, 'orders')).toThrow();
    expect(() => applyJsonPatch({ ...live, metadata: { ...live.metadata, uid: 'another' } }, ops, 'orders')).toThrow();
  });
});

function annotated(annotations: { readonly [key: string]: string }): KubeObject {
  const live = deployment(orders, 'after');
  return { ...live, metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, ...annotations } } };
}

function apply(object: KubeObject, of: WorkloadRecord): KubeObject {
  const ops = finishPatch(object, of);
  if (!Array.isArray(ops)) throw new Error('no patch');
  return applyJsonPatch(object, ops, of.item.id) as KubeObject;
}
