import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyJsonPatch } from '../../adapters/simulated/apply-json-patch.ts';
import { isJsonObject, type Json } from '../json.ts';
import type { Edit } from '../workload/edit.ts';
import { argsEdits } from '../workload/edit-list.ts';
import { editState } from '../workload/edit-patch.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import type { Container } from '../workload/workload.ts';
import { formatMarker, type Marker, type OutcomeMark, INTENT, OUTCOME } from './marker.ts';
import { applyPatch, claimPatch, outcomePatch, readShape, releasePatch, rollbackPatch } from './patches.ts';

const claimed: Marker = { state: 'claimed', run: 'run7', epoch: 4, intent: 'run7.1', at: '2026-01-01T00:00:00.000Z' };
const outcome: OutcomeMark = { status: 'rolled-back', run: 'run7', intent: 'run7.1', at: '2026-01-01T00:10:00.000Z' };

describe('claim, apply and rollback as patches', () => {
  it('put back exactly what was there, with only the outcome left', () => {
    fc.assert(
      fc.property(deployment(), edits(), (object, wanted) => {
        const meant = fitting(object, wanted);
        const shape = readShape(object, meant);

        const taken = patch(object, claimPatch(object, claimed, undefined));
        const applied: Marker & { edits: readonly Edit[]; shape: typeof shape } = { ...claimed, state: 'applied', edits: meant, shape };
        const changed = patch(taken, applyPatch(taken, formatMarker(claimed), applied));
        const back = patch(changed, rollbackPatch(changed, formatMarker(applied), { edits: meant, shape, outcome }));

        expect([editState(object, meant), editState(changed, meant), editState(back, meant)]).toEqual(['before', 'after', 'before']);
        expect(back['spec']).toEqual(object['spec']);
        expect(back.metadata.annotations).toEqual({ ...object.metadata.annotations, [OUTCOME]: JSON.stringify(outcome) });
      }),
    );
  });

  it('keep what somebody else added to the object in between', () => {
    fc.assert(
      fc.property(deployment(), edits(), (object, wanted) => {
        const meant = fitting(object, wanted);
        const shape = readShape(object, meant);
        const taken = patch(object, claimPatch(object, claimed, undefined));
        const applied: Marker & { edits: readonly Edit[]; shape: typeof shape } = { ...claimed, state: 'applied', edits: meant, shape };
        const changed = patch(taken, applyPatch(taken, formatMarker(claimed), applied));
        const theirs = { op: 'add', path: '/spec/template/spec/containers/0', value: { name: 'late', image: 'registry.example.com/late:1' } } as const;

        const edited = patch(changed, [theirs]);
        const back = patch(edited, rollbackPatch(edited, formatMarker(applied), { edits: meant, shape, outcome }));

        expect(back['spec']).toEqual(patch(object, [theirs])['spec']);
      }),
    );
  });

  it('release takes a claim off without a trace', () => {
    fc.assert(
      fc.property(deployment(), (object) => {
        const taken = patch(object, claimPatch(object, claimed, undefined));

        const released = patch(taken, releasePatch(taken, formatMarker(claimed), readShape(object, [])));

        expect(released).toEqual(object);
      }),
    );
  });

  it('refuse to act on a marker that is not the expected one', () => {
    const object = sample();
    const taken = patch(object, claimPatch(object, { ...claimed, epoch: 5 }, undefined));
    const stale = applyPatch(taken, formatMarker(claimed), { ...claimed, state: 'applied', edits: [], shape: readShape(object, []) });

    expect(() => patch(taken, stale)).toThrow();
    expect(() => patch(taken, outcomePatch(taken, formatMarker(claimed), outcome))).toThrow();
  });

  it('refuse to roll back over a value that is no longer ours', () => {
    const object = sample();
    const meant: readonly Edit[] = [{ kind: 'image', container: 'orders', before: 'registry.example.com/orders:1', after: 'registry.example.com/orders:2' }];
    const shape = readShape(object, meant);
    const applied: Marker & { edits: readonly Edit[]; shape: typeof shape } = { ...claimed, state: 'applied', edits: meant, shape };
    const taken = patch(object, claimPatch(object, claimed, undefined));
    const changed = patch(taken, applyPatch(taken, formatMarker(claimed), applied));

    const deployed = patch(changed, [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'registry.example.com/orders:3' }]);

    expect(() => patch(deployed, rollbackPatch(deployed, formatMarker(applied), { edits: meant, shape, outcome }))).toThrow();
  });
});

function patch(object: KubeObject, ops: Parameters<typeof applyJsonPatch>[1]): KubeObject {
  return applyJsonPatch(object, ops, 'shop/Deployment/orders') as KubeObject;
}

function sample(): KubeObject {
  const containers = [{ name: 'orders', image: 'registry.example.com/orders:1' }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'orders', namespace: 'shop', uid: 'u1', resourceVersion: '7' },
    spec: { template: { metadata: { labels: { app: 'orders' } }, spec: { containers } } },
  };
}

/** Deployments with and without annotations, template metadata, env lists, commands, and duplicates in all of them. */
function deployment(): fc.Arbitrary<KubeObject> {
  const name = fc.constantFrom('A', 'B', 'OTEL_SERVICE_NAME');
  const env = fc.option(fc.array(fc.record({ name, value: fc.string({ maxLength: 4 }) }), { maxLength: 4 }), { nil: undefined });
  const annotations = fc.option(fc.dictionary(fc.constantFrom('team/a', 'b~c', 'd', INTENT), fc.string({ maxLength: 4 }), { minKeys: 1 }), { nil: undefined });
  const words = fc.option(fc.array(fc.constantFrom('java', '-Xmx1g', '-javaagent:/a.jar', '-jar'), { minLength: 1, maxLength: 6 }), { nil: undefined });
  return fc.record({ env, command: words, args: words, own: annotations, template: annotations, labels: fc.boolean() }).map((parts) => {
    const { env, command, args } = parts;
    const container = {
      name: 'orders',
      image: 'registry.example.com/orders:1',
      ...(env ? { env } : {}),
      ...(command ? { command } : {}),
      ...(args ? { args } : {}),
    };
    const metadata = { ...(parts.labels ? { labels: { app: 'orders' } } : {}), ...(parts.template ? { annotations: parts.template } : {}) };
    const template: Json = {
      ...(parts.labels || parts.template ? { metadata } : { metadata: {} }),
      spec: { containers: [container, { name: 'collector', image: 'registry.example.com/collector:1' }] },
    };
    return { ...sample(), metadata: { ...sample().metadata, ...(parts.own ? { annotations: parts.own } : {}) }, spec: { replicas: 2, template } };
  });
}

function edits(): fc.Arbitrary<readonly string[]> {
  const elements = ['args[0]', 'args[1]', 'args[2]', 'args[4]', 'command[0]', 'command[1]', 'command[2]'];
  return fc.uniqueArray(fc.constantFrom('OTEL_SERVICE_NAME', 'OTEL_RESOURCE_ATTRIBUTES', 'A', ...elements), { maxLength: 6 });
}

/** The image edit and one edit for each named variable and element that there is; even elements go, odd ones change. */
function fitting(object: KubeObject, names: readonly string[]): readonly Edit[] {
  const spec = object['spec'] as { template: { spec: { containers: readonly Container[] } } };
  const [container] = spec.template.spec.containers;
  const env = container?.env ?? [];
  const elements = (['command', 'args'] as const).flatMap((field) => {
    const list = container?.[field] ?? [];
    const changes = list.flatMap((_text, index) => (names.includes(`${field}[${index}]`) ? [{ index, after: index % 2 === 0 ? null : 'new' }] : []));
    return changes.length === 0 ? [] : argsEdits({ container: 'orders', field }, list, changes);
  });
  const image: Edit = { kind: 'image', container: 'orders', before: 'registry.example.com/orders:1', after: 'registry.example.com/orders:1-otel-0a1b2c3d' };
  const variables = names
    .filter((name) => !name.includes('['))
    .map((name): Edit => {
      const before = env.findLast((each) => each.name === name) ?? null;
      return { kind: 'env', container: 'orders', name, before: isJsonObject(before) ? before : null, after: { name, value: 'new' } };
    });
  return [image, ...elements, ...variables];
}
