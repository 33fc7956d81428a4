import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyObjects, getJson, kubectl } from '../../lab/kubectl.ts';
import { lab } from '../../lab/lab.ts';
import { labMode } from '../../lab/lab-mode.ts';
import { writeZip } from '../../src/adapters/files/write-zip.ts';
import { PROBE_LABEL } from '../../src/core/boot/boot-pod.ts';
import { run, workFolder, writePolicy, type Outcome } from './changeover.ts';

const namespace = 'boot-probe';
/** An agent by its manifest, without a class. */
const agentManifest = 'Manifest-Version: 1.0\nPremain-Class: io.opentelemetry.javaagent.OpenTelemetryAgent\nImplementation-Version: 2.33.1\n\n';
const admin = { KUBECONFIG: lab.adminKubeconfig };

/** Real images, a real kubelet, a real JVM; one workload of its own. */
describe.runIf(labMode() === 'full')('a boot probe with real pods', () => {
  beforeAll(async () => {
    await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait', '--timeout=60s']);
    await applyObjects([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, deployment()]);
    await kubectl(['rollout', 'status', 'deployment/orders', '-n', namespace, '--timeout=600s']);
  });

  afterAll(async () => {
    await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
  });

  it('leaves a stack alone whose JVM cannot load the new agent, and shows its log', async () => {
    const before = await image();
    const jar = join(workFolder(), 'agent.jar');
    writeFileSync(jar, writeZip({ 'META-INF/MANIFEST.MF': agentManifest }));

    const { applied, probes } = await migrate(jar);

    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    expect(probes.verdicts).toEqual(['failed']);
    expect(probes.text).toMatch(/processing of -javaagent failed/);
    expect(applied.stdout).toContain('boot-probe-failed');
    expect(await image()).toBe(before);
    expect(await left()).toEqual([]);
  });

  it('lets a stack through whose JVM starts with the new agent', async () => {
    const { applied, probes } = await migrate(lab.opentelemetryJar);

    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    expect(probes.verdicts).toEqual(['passed']);
    expect(await image()).toContain('-otel-');
    expect(await left()).toEqual([]);
  });
});

async function migrate(jar: string): Promise<{ readonly applied: Outcome; readonly probes: Probes }> {
  const folder = workFolder();
  const to = { agent: 'opentelemetry', files: { path: jar }, env: { OTEL_EXPORTER_OTLP_ENDPOINT: lab.otlpEndpoint } };
  writePolicy(folder, { select: { namespaces: [namespace] }, to, rollout: { soak: '3s' }, verify: {} });
  const state = ['--state-namespace', namespace];
  const planned = await run(folder, ['plan', '-p', 'policy.yaml', '--out', 'plan.json'], admin);
  expect(planned.code, planned.stderr).toBe(0);
  const applied = await run(folder, ['apply', 'plan.json', '--yes', '-o', 'json', ...state], admin);
  return { applied, probes: readProbes(folder) };
}

interface Probes {
  readonly verdicts: readonly string[];
  readonly text: string;
}

function readProbes(folder: string): Probes {
  const files = readdirSync(join(folder, 'state'), { recursive: true, withFileTypes: true }).filter((each) => each.name.endsWith('.jsonl'));
  const text = files.map((each) => readFileSync(join(each.parentPath, each.name), 'utf8')).join('\n');
  const lines = text.split('\n').filter((line) => line.includes('"boot-probe"'));
  return { verdicts: lines.map((line) => /"kind":"(\w+)"/.exec(line)?.[1] ?? ''), text: lines.join('\n') };
}

async function image(): Promise<string> {
  const object = await getJson<{ spec: { template: { spec: { containers: { image: string }[] } } } }>('deployment', 'orders', '-n', namespace);
  return object.spec.template.spec.containers[0]?.image ?? '';
}

async function left(): Promise<readonly unknown[]> {
  return (await getJson<{ items: readonly unknown[] }>('pods', '-n', namespace, '-l', PROBE_LABEL)).items;
}

function deployment(): object {
  const labels = { app: 'orders' };
  const options = '-javaagent:/opt/skywalking/skywalking-agent.jar -Dskywalking.agent.service_name=orders -Dskywalking.collector.backend_service=127.0.0.1:9';
  const container = {
    name: 'orders',
    image: `${lab.registry}/shop/orders:1.0`,
    env: [
      { name: 'SERVICE_NAME', value: 'orders' },
      { name: 'CATALINA_OPTS', value: options },
    ],
    readinessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1 },
    resources: { requests: { cpu: '10m', memory: '192Mi' } },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'orders', namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container], terminationGracePeriodSeconds: 2 } },
    },
  };
}
