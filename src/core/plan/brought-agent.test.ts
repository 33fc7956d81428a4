import { describe, expect, it } from 'vitest';
import { javaImage, refusal, service, workloadOf } from '../../../test/builders/service.ts';
import type { JsonObject } from '../json.ts';
import type { Container, Workload } from '../workload/workload.ts';
import { broughtBy, injectionFindings } from './brought-agent.ts';
import { firstLook } from './first-look.ts';
import { inspectWorkload } from './inspect-workload.ts';
import { planChange } from './plan-change.ts';

const app: Container = { name: 'orders', image: 'orders:1', volumeMounts: [{ name: 'agent', mountPath: '/sw/' }] };
const copier = { name: 'copy', image: 'agents/skywalking:9', volumeMounts: [{ name: 'agent', mountPath: '/agent' }] };

/** A workload whose template has these init containers, labels and so on. */
function workloadWith(spec: JsonObject, labels: JsonObject = {}): Workload {
  const base = workloadOf(app);
  const template = { metadata: { labels }, spec: { containers: [app], ...spec } };
  return { ...base, object: { ...base.object, spec: { template } } };
}

describe('an agent that others bring', () => {
  it('comes from the container that shares the volume', () => {
    expect(broughtBy(workloadWith({ initContainers: [copier] }), 'orders', '/sw')?.image).toBe('agents/skywalking:9');
    expect(broughtBy(workloadWith({ containers: [app, copier] }), 'orders', '/sw')?.name).toBe('copy');
    expect(broughtBy(workloadWith({ initContainers: [{ ...copier, volumeMounts: [] }] }), 'orders', '/sw')).toBeUndefined();
    expect(broughtBy(workloadWith({ initContainers: [copier] }), 'orders', '/other')).toBeUndefined();
  });

  it('is the reason of the refusal: the volume alone would say little', () => {
    const env = [{ name: 'JAVA_TOOL_OPTIONS', value: '-javaagent:/sw/skywalking-agent.jar' }];
    const mounted = { container: { env, volumeMounts: [{ name: 'agent', mountPath: '/sw' }] } };
    const { subject, context } = service(mounted);
    const [pod] = subject.workload.pods;
    const pods = pod ? [{ ...pod, spec: { containers: [subject.container], initContainers: [copier] } }] : [];

    const answer = planChange({ ...subject, workload: { ...subject.workload, pods } }, context, 'takeover');

    expect(answer).toMatchObject({ kind: 'refused', finding: { id: 'agent-copied-from', params: { container: 'copy', image: 'agents/skywalking:9' } } });
    expect(refusal(mounted, 'takeover').id).toBe('mounted-over');
  });

  it('is seen where the operator puts it into pods, which no template shows', () => {
    const labelled = workloadWith({}, { 'swck-java-agent-injected': 'true' });
    const injected = { ...workloadOf(app), pods: [{ ...workloadOf(app).object, spec: { initContainers: [{ name: 'inject-skywalking-agent', image: 'i' }] } }] };

    expect(injectionFindings(labelled)).toMatchObject([{ id: 'swck-injects', severity: 'block' }]);
    expect(injectionFindings(injected)).toHaveLength(1);
    expect(injectionFindings(workloadWith({}, { 'swck-java-agent-injected': 'false' }))).toEqual([]);
  });

  it('is not taken for no agent', () => {
    const { subject, context } = service({ image: javaImage() });
    const { policy } = context;
    const labels = { 'swck-java-agent-injected': 'true' };
    const spec = { template: { metadata: { labels }, spec: { containers: [subject.container] } } };
    const workload = { ...subject.workload, object: { ...subject.workload.object, spec } };
    const look = firstLook(workload, policy);

    const { skip, findings } = inspectWorkload({
      workload,
      policy,
      look: { candidates: look.candidates },
      images: new Map([['orders', { kind: 'read', image: subject.source }]]),
      configMaps: {},
    });

    expect(skip).toEqual({ id: 'blocked', params: { findings: ['swck-injects'] } });
    expect(findings.map((each) => each.id)).toContain('swck-injects');
  });
});
