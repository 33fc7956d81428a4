import { describe, expect, it } from 'vitest';
import { applyJsonPatch } from '../../adapters/simulated/apply-json-patch.ts';
import { argsEdits } from './edit-list.ts';
import { editState, forwardOps, inverseOps } from './edit-patch.ts';
import type { KubeObject } from './kube-object.ts';

const args = ['-javaagent:/sw.jar', '-cp', 'lib', '-Dskywalking.a=b', 'com.example.Main', '-javaagent:/sw.jar'];
const gone = [
  { index: 3, after: null },
  { index: 0, after: null },
];

describe('edits of a command line', () => {
  it('take out exactly their elements, and put them back where they were', () => {
    const object = orders({ args });
    const edits = argsEdits({ container: 'orders', field: 'args' }, args, gone);

    const changed = patch(object, forwardOps(object, edits));

    expect(argsOf(changed)).toEqual(['-cp', 'lib', 'com.example.Main', '-javaagent:/sw.jar']);
    expect(patch(changed, inverseOps(changed, edits))).toEqual(object);
  });

  it('change one element in place', () => {
    const script = ['-c', 'exec java -javaagent:/sw.jar -jar a.jar'];
    const object = orders({ command: ['sh'], args: script });
    const edits = argsEdits({ container: 'orders', field: 'args' }, script, [{ index: 1, after: 'exec java -jar a.jar' }]);

    const changed = patch(object, forwardOps(object, edits));

    expect(argsOf(changed)).toEqual(['-c', 'exec java -jar a.jar']);
    expect(patch(changed, inverseOps(changed, edits))).toEqual(object);
  });

  it('leave no empty list behind, as the API server would drop it, and find it again as ours', () => {
    const object = orders({ args: ['-javaagent:/sw.jar'] });
    const edits = argsEdits({ container: 'orders', field: 'args' }, ['-javaagent:/sw.jar'], [{ index: 0, after: null }]);

    const changed = patch(object, forwardOps(object, edits));

    expect(argsOf(changed)).toBeUndefined();
    expect(editState(changed, edits)).toBe('after');
    expect(patch(changed, inverseOps(changed, edits))).toEqual(object);
  });

  it('are foreign, and refuse to act, once somebody else has touched the list', () => {
    const object = orders({ args });
    const edits = argsEdits({ container: 'orders', field: 'args' }, args, gone);
    const changed = patch(object, forwardOps(object, edits));
    const touched = patch(changed, [{ op: 'add', path: '/spec/template/spec/containers/0/args/0', value: '-Xmx1g' }]);

    expect(editState(touched, edits)).toBe('foreign');
    expect(() => patch(touched, inverseOps(touched, edits))).toThrow();
    expect(() => patch(changed, inverseOps(object, edits))).toThrow();
  });
});

function orders(lists: { readonly command?: readonly string[]; readonly args?: readonly string[] }): KubeObject {
  const container = { name: 'orders', image: 'orders:1', ...lists };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'orders' }, spec: { template: { spec: { containers: [container] } } } };
}

function argsOf(object: KubeObject): readonly string[] | undefined {
  const { template } = object['spec'] as { template: { spec: { containers: readonly { args?: readonly string[] }[] } } };
  return template.spec.containers[0]?.args;
}

function patch(object: KubeObject, ops: Parameters<typeof applyJsonPatch>[1]): KubeObject {
  return applyJsonPatch(object, ops, 'shop/Deployment/orders') as KubeObject;
}
