import { describe, expect, it } from 'vitest';
import { javaImage, service } from '../../../test/builders/service.ts';
import { composeOnce } from './compose-once.ts';
import { composeTarget, type TargetEdits } from './compose-target.ts';

const { subject, context } = service({ image: javaImage() });
const { source } = subject;
const naming = { template: '{repository}:{tag}-otel-{hash8}', image: { repository: source.repository, tag: '1.0', digest: source.digest } };
const edits: TargetEdits = {
  agent: 'opentelemetry',
  version: '2.33.1',
  agentLayer: context.agentLayer,
  changes: [{ kind: 'symlink', path: '/skywalking/agent/skywalking-agent.jar', target: '/changeover/agent/javaagent.jar' }],
  env: { A: '1' },
};

describe('composeOnce', () => {
  it('is what composeTarget makes, and made once', () => {
    const first = composeOnce(source, edits, naming);

    expect(first).toEqual(composeTarget(source, edits, naming));
    expect(composeOnce(source, { ...edits, env: { A: '1' } }, { ...naming })).toBe(first);
  });

  it.each<readonly [name: string, edits: TargetEdits, naming: typeof naming]>([
    ['a variable', { ...edits, env: { A: '2' } }, naming],
    ['another change', { ...edits, changes: [{ kind: 'whiteout', path: '/skywalking/agent/LICENSE' }] }, naming],
    ['a command', { ...edits, cmd: ['x'] }, naming],
    ['another version', { ...edits, version: '2.34.0' }, naming],
    ['another agent layer', { ...edits, agentLayer: { ...edits.agentLayer, digest: `sha256:${'0'.repeat(64)}` } }, naming],
    ['a layer of files', { ...edits, filesLayer: edits.agentLayer }, naming],
    ['another name', edits, { ...naming, template: '{repository}:{tag}-new-{hash8}' }],
    ['another tag', edits, { ...naming, image: { ...naming.image, tag: '2.0' } }],
  ])('tells %s apart', (_name, other, named) => {
    const first = composeOnce(source, edits, naming);

    const second = composeOnce(source, other, named);

    expect(second).toEqual(composeTarget(source, other, named));
    expect(second).not.toEqual(first);
  });
});
