import { describe, expect, it } from 'vitest';
import type { Edit } from '../workload/edit.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { sealEdits } from '../workload/seal-edits.ts';
import { answeredEdits, withWritten } from './written-edits.ts';

const image: Edit = { kind: 'image', container: 'app', before: 'a:1', after: 'a:2' };
const variable: Edit = { kind: 'env', container: 'app', name: 'OPTS', before: { name: 'OPTS', value: '-old' }, after: { name: 'OPTS', value: '-new' } };
const args: Edit = { kind: 'args', container: 'app', field: 'args', index: 0, before: '-x', after: null, list: { before: 'b', after: 'c' } };
const withSecret: Edit = {
  kind: 'env',
  container: 'app',
  name: 'OPTS',
  before: { name: 'OPTS', value: '-old' },
  after: { name: 'OPTS', value: 'password=secret' },
};

describe('answeredEdits', () => {
  it('is the edits themselves where the server stored what we sent', () => {
    const edits = [image, variable];

    expect(answeredEdits(answer('a:2', '-new'), edits)).toBe(edits);
  });

  it('takes another image and another value as what the way back will find, and keeps what was there before', () => {
    const found = answeredEdits(answer('mirror/a:2', '-new -more'), [image, variable]);

    expect(found).toEqual([
      { ...image, after: 'mirror/a:2' },
      { ...variable, after: { name: 'OPTS', value: '-new -more' } },
    ]);
  });

  it.each<readonly [string, KubeObject, Edit]>([
    ['an image that was put back', answer('a:1', '-new'), image],
    ['a value that was put back', answer('a:2', '-old'), variable],
    ['a list that was rewritten', answer('a:2', '-new'), args],
    ['a masked value that was rewritten', answer('a:2', 'password=other'), sealed()],
    ['a container that is gone', { ...answer('a:2', '-new'), spec: {} }, image],
  ])('names %s: no way back would be exact', (_what, object, edit) => {
    expect(answeredEdits(object, [edit])).toMatchObject({ field: expect.stringContaining('app: ') });
  });
});

describe('withWritten', () => {
  it('puts what admission writes in place of ours, but never a mask', () => {
    const exact = withSecret;

    expect(withWritten([image, exact], [{ ...image, after: 'mirror/a:2' }, ...sealEdits([exact])])).toEqual([{ ...image, after: 'mirror/a:2' }, exact]);
    expect(withWritten([image], undefined)).toEqual([image]);
  });
});

function sealed(): Edit {
  const [edit = variable] = sealEdits([withSecret]);
  return edit;
}

function answer(name: string, value: string): KubeObject {
  const container = { name: 'app', image: name, args: ['-y'], env: [{ name: 'OPTS', value }] };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'app' }, spec: { template: { spec: { containers: [container] } } } };
}
