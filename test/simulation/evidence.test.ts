import { describe, expect, it } from 'vitest';
import { applyPlan } from '../../src/app/apply-plan.ts';
import type { RunStatus, WorkloadStatus } from '../../src/core/rollout/run-status.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import type { Cluster } from '../../src/ports/cluster.ts';
import type { Journal } from '../../src/ports/journal.ts';
import { openSimulation, type Simulation } from './open-simulation.ts';

const never = new AbortController().signal;
const words = ['Error opening zip file or JAR manifest missing : /sw/agent.jar', 'password=hunter2'];
const open = (): Promise<Simulation> => openSimulation({ services: [{ name: 'bad', after: { crashAtMs: 1_500, lastWords: words } }] });

describe('the evidence of a failed change', () => {
  it('holds pods, events, the last words of the container that ended, and the cause they point to', async () => {
    const simulation = await open();

    const { evidence } = await failing(simulation, { events: backOff });

    expect(evidence?.pods[0]?.summary).toContain('exit code 1');
    expect(evidence?.log).toEqual(expect.arrayContaining([words[0], 'password=***']));
    expect(evidence?.cause).toEqual({ id: 'agent-flag', line: words[0] });
    expect(evidence?.events?.[0]).toMatchObject({ reason: 'BackOff', message: 'Back-off restarting, token=***', count: 4, at: '2026-03-02T12:00:00Z' });
  });

  it('is kept whole in a file beside the journal, one per attempt, and without secrets', async () => {
    const simulation = await open();
    const files = new Map<string, string>();

    const { evidence } = await failing(simulation, { files });

    const [name = '', text = ''] = [...files].find(([each]) => each.endsWith('.json')) ?? [];
    expect(evidence?.file).toBe(`/journals/${name}`);
    expect(name).toBe('shop.Deployment.bad.1.json');
    expect(JSON.parse(text)).toMatchObject({ workload: 'shop/Deployment/bad', attempt: 1, cause: { id: 'agent-flag' }, reason: { id: 'container-crashed' } });
    expect(text).not.toContain('hunter2');
  });

  it('comes with a kubectl script that puts the workload back, as the engine would', async () => {
    const simulation = await open();
    const files = new Map<string, string>();

    await failing(simulation, { files });

    const script = files.get('shop.Deployment.bad.1.sh') ?? '';
    const [, patch = '[]'] = /kubectl patch deployments\.apps\/bad -n shop --type=json --field-manager=changeover -p '(.*)' && settle/.exec(script) ?? [];
    expect(script).toMatch(/^#!\/bin\/sh\n/);
    expect(JSON.parse(patch)).toContainEqual({ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'registry.example.com/shop/bad:1' });
  });

  it('is there too where it cannot be told whether the workload is well', async () => {
    const simulation = await openSimulation({ services: [{ name: 'mute', after: { noProof: true } }] });

    const { state, evidence } = await failing(simulation, {});

    expect(state).toBe('INCONCLUSIVE');
    expect(evidence?.pods[0]?.summary).toContain('ready');
    expect(evidence?.log).not.toEqual([]);
    expect(evidence?.cause).toBeUndefined();
  });

  it('that can neither be read nor kept holds up no way back', async () => {
    const simulation = await open();

    const { state, evidence } = await failing(simulation, { deaf: true });

    expect(state).toBe('ROLLED_BACK');
    expect(evidence).toMatchObject({ log: [] });
  });
});

interface Outside {
  readonly events?: (uid: string) => readonly KubeObject[];
  readonly files?: Map<string, string>;
  /** Neither logs, nor events, nor files. */
  readonly deaf?: boolean;
}

async function failing(simulation: Simulation, outside: Outside): Promise<WorkloadStatus> {
  const { ports } = simulation.openEngine();
  const refuse = (): Promise<never> => Promise.reject(new Error('not today'));
  const cluster: Cluster = {
    ...ports.cluster,
    logs: (...args) => (outside.deaf ? refuse() : ports.cluster.logs(...args)),
    list: async (query, signal) => {
      if (query.resource.kind !== 'Event') return ports.cluster.list(query, signal);
      return outside.deaf ? refuse() : (outside.events?.(query.fieldSelector?.split('=')[1] ?? '') ?? []);
    },
  };
  const journal = async (cluster_: string, run: string): Promise<Journal> => ({
    ...(await ports.journal(cluster_, run)),
    keep: async (name, text) => {
      if (outside.deaf) return refuse();
      outside.files?.set(name, text);
      return `/journals/${name}`;
    },
  });
  const options = { stateNamespace: 'changeover', by: 'test', emit: () => undefined, stop: never, kill: never };
  const status: RunStatus = (await applyPlan({ ...ports, cluster, journal }, simulation.plan, options)).status;
  const [workload] = status.workloads;
  if (!workload) throw new Error('no workload');
  return workload;
}

function backOff(uid: string): readonly KubeObject[] {
  const involvedObject = { kind: 'Pod', name: 'bad-1', uid };
  const message = 'Back-off restarting, token=abc';
  return [
    { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e' }, involvedObject, reason: 'BackOff', message, count: 4, lastTimestamp: '2026-03-02T12:00:00Z' },
  ];
}
