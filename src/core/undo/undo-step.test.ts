import { describe, expect, it } from 'vitest';
import { applyJsonPatch } from '../../adapters/simulated/apply-json-patch.ts';
import { deployment, record } from '../../../test/builders/rollout.ts';
import { formatMarker, INTENT, MARKER, OUTCOME, readOutcome, type Marker } from '../rollout/marker.ts';
import { rollbackPatch } from '../rollout/patches.ts';
import type { WorkloadRecord } from '../rollout/run-record.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { sealEdits } from '../workload/seal-edits.ts';
import { undoStep, type UndoStep } from './undo-step.ts';

const at = '2026-03-02T13:00:00.000Z';
const orders = record('orders', { state: 'SUCCEEDED' });
const shape = { noAnnotations: false, noTemplateAnnotations: true, noEnv: [] };
const applied: Marker = { state: 'applied', run: 'r', epoch: 1, intent: 'r.1', at: orders.since, edits: orders.item.edits, shape };

describe('the way back of a workload', () => {
  it('is the rollback patch of the engine, byte for byte', () => {
    const live = marked(deployment(orders, 'after'), formatMarker(applied));

    const step = undoStep(live, orders, at);

    const outcome = { status: 'rolled-back', run: 'r', intent: 'r.1', at } as const;
    expect(opsOf(step)).toEqual(rollbackPatch(live, formatMarker(applied), { edits: orders.item.edits, shape, outcome }));
    expect(step.kind).toBe('restore');
  });

  it('restores the spec and leaves nothing of ours but the outcome', () => {
    const live = marked(deployment(orders, 'after'), formatMarker(applied));

    const back = applyJsonPatch(live, opsOf(undoStep(live, orders, at)), orders.item.id) as KubeObject;

    expect(JSON.stringify(back['spec'])).toContain('registry.example.com/orders:1"');
    expect(JSON.stringify(back['spec'])).not.toContain('changeover.dev');
    expect(Object.keys(back.metadata.annotations ?? {})).toEqual([OUTCOME]);
    expect(readOutcome(back)).toEqual({ status: 'rolled-back', run: 'r', intent: 'r.1', at });
  });

  it('restores what was there also where admission had stored another value than we sent', () => {
    const stored = 'mirror.example.com/orders:1-otel';
    const written = orders.item.edits.map((edit) => (edit.kind === 'image' ? { ...edit, after: stored } : edit));
    const live = marked(deployment(orders, 'after', { image: stored }), formatMarker(applied));

    const step = undoStep(live, { ...orders, written }, at);

    expect(JSON.stringify(applyJsonPatch(live, opsOf(step), orders.item.id))).toContain('"image":"registry.example.com/orders:1"');
  });

  it('takes the inverse from the live marker, not from the record, which may hold hashes only', () => {
    const [edit] = orders.item.edits;
    const hashed: WorkloadRecord = { ...orders, item: { ...orders.item, edits: edit?.kind === 'image' ? [{ ...edit, before: 'sha256 of a secret' }] : [] } };
    const live = marked(deployment(orders, 'after'), formatMarker(applied));

    const step = undoStep(live, hashed, at);

    expect(opsOf(step)).toContainEqual({ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'registry.example.com/orders:1' });
  });

  it('is for a person where the exact values are nowhere but in a marker that is gone', () => {
    const edits = sealEdits([
      {
        kind: 'env',
        container: 'orders',
        name: 'OPTS',
        before: { name: 'OPTS', value: '-Dpassword=a -javaagent:/sw.jar' },
        after: { name: 'OPTS', value: '-Dpassword=a' },
      },
    ]);
    const sealed: WorkloadRecord = { ...orders, item: { ...orders.item, edits } };
    const claimed = formatMarker({ state: 'claimed', run: 'r', epoch: 1, intent: 'r.1', at: orders.since });
    const container = { name: 'orders', image: 'registry.example.com/orders:1', env: [{ name: 'OPTS', value: '-Dpassword=a' }] };
    const live = marked(deployment(orders, 'after'), claimed);
    const changed = { ...live, spec: { template: { metadata: { annotations: { [INTENT]: 'r.1' } }, spec: { containers: [container] } } } };

    expect(undoStep(changed, sealed, at)).toMatchObject({ kind: 'by-hand', why: 'conflict' });
  });

  it('only takes the marker off where somebody else put the old values back, or where nothing was changed after the claim', () => {
    const claimed = formatMarker({ state: 'claimed', run: 'r', epoch: 1, intent: 'r.1', at: orders.since });

    for (const text of [formatMarker(applied), claimed]) {
      const live = marked(deployment(orders, 'before'), text);
      const step = undoStep(live, orders, at);
      const back = applyJsonPatch(live, opsOf(step), orders.item.id) as KubeObject;

      expect(step.kind).toBe('release');
      expect(back['spec']).toEqual(live['spec']);
      expect(back.metadata.annotations).toEqual({});
    }
  });

  it('is left to a person where no command can be right', () => {
    const foreign = marked(deployment(orders, 'after', { image: 'registry.example.com/orders:3' }), formatMarker(applied));
    const torn = marked(deployment(orders, 'after'), formatMarker(applied).slice(0, 40));
    const emptied = marked(deployment(orders, 'after'), formatMarker({ ...applied, edits: JSON.parse('[null]') as [] }));
    const claimed = marked(
      withIntent(deployment(orders, 'after'), 'other.1'),
      formatMarker({ state: 'claimed', run: 'r', epoch: 1, intent: 'r.1', at: orders.since }),
    );

    expect(undoStep(foreign, orders, at)).toMatchObject({ kind: 'by-hand', why: 'conflict', edits: orders.item.edits });
    expect(undoStep(torn, orders, at)).toMatchObject({ kind: 'by-hand', why: 'unreadable' });
    expect(undoStep(emptied, orders, at)).toMatchObject({ kind: 'by-hand', why: 'unreadable' });
    expect(undoStep(claimed, orders, at)).toMatchObject({ kind: 'by-hand', why: 'conflict' });
  });

  it('is nothing for what is gone, was never changed, is back already, or belongs to another run', () => {
    const bare = deployment(orders, 'before');
    const { intent: _intent, ...untouched } = orders;
    const anew = { ...bare, metadata: { ...bare.metadata, uid: 'another' } };

    expect(undoStep(undefined, orders, at)).toMatchObject({ kind: 'nothing', why: 'gone' });
    expect(undoStep(anew, orders, at)).toMatchObject({ kind: 'nothing', why: 'gone' });
    expect(undoStep(bare, untouched, at)).toMatchObject({ kind: 'nothing', why: 'never-changed' });
    expect(undoStep(bare, { ...orders, state: 'ROLLED_BACK' }, at)).toMatchObject({ kind: 'nothing', why: 'put-back' });
    expect(undoStep(bare, orders, at)).toMatchObject({ kind: 'nothing', why: 'marker-gone' });
    expect(undoStep(marked(bare, formatMarker({ ...applied, run: 'r2' })), orders, at)).toMatchObject({ kind: 'nothing', why: 'other-run', run: 'r2' });
  });
});

function opsOf(step: UndoStep): Parameters<typeof applyJsonPatch>[1] {
  if (step.kind !== 'restore' && step.kind !== 'release') throw new Error(`no patch: ${JSON.stringify(step)}`);
  return step.ops;
}

function marked(object: KubeObject, text: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, annotations: { [MARKER]: text } } };
}

function withIntent(object: KubeObject, intent: string): KubeObject {
  return JSON.parse(JSON.stringify(object).replaceAll('"changeover.dev/intent":"r.1"', `"changeover.dev/intent":"${intent}"`)) as KubeObject;
}
