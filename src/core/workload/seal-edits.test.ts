import { describe, expect, it } from 'vitest';
import type { Edit } from './edit.ts';
import { argsEdits } from './edit-list.ts';
import { editState, forwardOps, inverseOps } from './edit-patch.ts';
import type { KubeObject } from './kube-object.ts';
import { sealEdits, unsealEdits } from './seal-edits.ts';

const options = '-Ddb.password=s3cr3t-1 -javaagent:/sw.jar -Xmx1g';
const secret: Edit = variable('JAVA_OPTS', options, '-Ddb.password=s3cr3t-1 -Xmx1g');
const plain: Edit = variable('CATALINA_OPTS', '-javaagent:/sw.jar -Xmx1g', '-Xmx1g');

describe('sealed edits', () => {
  it('show everything of a value but its credentials', () => {
    const [sealed] = sealEdits([secret]);

    expect(sealed).toMatchObject({ before: { value: '-Ddb.password=*** -javaagent:/sw.jar -Xmx1g' }, after: { value: '-Ddb.password=*** -Xmx1g' } });
    expect(JSON.stringify(sealed)).not.toContain('s3cr3t');
  });

  it('leave values without credentials as they are', () => {
    expect(sealEdits([plain])).toEqual([plain]);
  });

  it('hide a whole value in which quotes could group more words than the mask covers', () => {
    const sealed = sealEdits([variable('JAVA_OPTS', `'-Ddb.password=one two' -Xmx1g`, '-Xmx1g')]);

    expect(JSON.stringify(sealed)).not.toContain('two');
  });

  it('hide the value of a variable whose name says it is one', () => {
    const sealed = sealEdits([variable('API_TOKEN_OPTS', '-Dx=s3cr3t-2', '')]);

    expect(JSON.stringify(sealed)).not.toContain('s3cr3t');
  });

  it('hide credentials in elements of a command line', () => {
    const script = 'java -Dapi.token=s3cr3t-3 -javaagent:/sw.jar -jar a.jar';
    const edits = argsEdits({ container: 'orders', field: 'args' }, ['-c', script], [{ index: 1, after: 'java -Dapi.token=s3cr3t-3 -jar a.jar' }]);

    const sealed = sealEdits(edits);

    expect(JSON.stringify(sealed)).not.toContain('s3cr3t');
    expect(unsealEdits(sealed, edits)).toEqual(edits);
  });

  it('are recognised on the live object without knowing the value', () => {
    const sealed = sealEdits([secret]);

    expect(editState(orders(options), sealed)).toBe('before');
    expect(editState(orders('-Ddb.password=s3cr3t-1 -Xmx1g'), sealed)).toBe('after');
    expect(editState(orders('-Ddb.password=other -Xmx1g'), sealed)).toBe('foreign');
  });

  it('become the exact ones again only by values with the same hashes', () => {
    const sealed = sealEdits([plain, secret]);

    expect(unsealEdits(sealed, [secret])).toEqual([plain, secret]);
    expect(unsealEdits(sealed, [variable('JAVA_OPTS', options, '-Ddb.password=other -Xmx1g')])).toBeUndefined();
    expect(unsealEdits(sealed, sealed)).toBeUndefined();
  });

  it('are never written: a mask is no value', () => {
    expect(() => forwardOps(orders(options), sealEdits([secret]))).toThrow('sealed');
    expect(() => inverseOps(orders(options), sealEdits([secret]))).toThrow('sealed');
  });

  it('are the same however often they are sealed', () => {
    expect(sealEdits(sealEdits([secret, plain]))).toEqual(sealEdits([secret, plain]));
  });
});

function variable(name: string, before: string, after: string): Edit {
  return { kind: 'env', container: 'orders', name, before: { name, value: before }, after: { name, value: after } };
}

function orders(value: string): KubeObject {
  const container = { name: 'orders', image: 'orders:1', env: [{ name: 'JAVA_OPTS', value }] };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'orders' }, spec: { template: { spec: { containers: [container] } } } };
}
