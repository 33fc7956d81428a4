import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../json.ts';
import type { Container } from '../workload/workload.ts';
import { bootPod, PROBE_LABEL, type BootPod } from './boot-pod.ts';

const container: Container = {
  name: 'orders',
  image: 'registry.example.com/shop/orders:1-otel',
  args: ['serve'],
  env: [{ name: 'A', value: '1' }],
  envFrom: [{ secretRef: { name: 'db' } }],
  securityContext: { runAsNonRoot: true },
  resources: { limits: { memory: '1Gi' } },
  ports: [{ containerPort: 8080 }],
  readinessProbe: { httpGet: { port: 8080 } },
  livenessProbe: { httpGet: { port: 8080 } },
  startupProbe: { httpGet: { port: 8080 } },
  lifecycle: { preStop: { exec: { command: ['sleep', '4'] } } },
};

const spec: JsonObject = {
  containers: [container, { name: 'log', image: 'log:1' }],
  initContainers: [{ name: 'migrate', image: 'migrate:1' }],
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'java' }],
  securityContext: { fsGroup: 1000 },
  imagePullSecrets: [{ name: 'pull' }],
  serviceAccountName: 'orders',
  priorityClassName: 'high',
  hostNetwork: true,
  affinity: { nodeAffinity: { a: 1 }, podAntiAffinity: { b: 2 } },
};

describe('the pod of a boot probe', () => {
  it('has nothing that finds it, asks it or follows it, and nobody’s token', () => {
    const pod = podOf({ template: { metadata: { labels: { app: 'orders' }, annotations: { 'prometheus.io/scrape': 'true' } }, spec } });

    expect(pod.metadata.labels).toEqual({ [PROBE_LABEL]: 'run-1', 'sidecar.istio.io/inject': 'false' });
    expect(Object.keys(pod.metadata.annotations ?? {})).toEqual(['sidecar.istio.io/inject', 'linkerd.io/inject']);
    expect(pod['spec']).toEqual({
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'java' }],
      securityContext: { fsGroup: 1000 },
      imagePullSecrets: [{ name: 'pull' }],
      serviceAccountName: 'orders',
      affinity: { nodeAffinity: { a: 1 } },
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      activeDeadlineSeconds: 300,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'orders',
          image: container.image,
          env: container.env,
          envFrom: container['envFrom'],
          securityContext: container['securityContext'],
          resources: container['resources'],
          command: ['java', '-version'],
          terminationMessagePolicy: 'FallbackToLogsOnError',
        },
      ],
    });
  });

  it('keeps profiles that an annotation names', () => {
    const annotations = { 'container.apparmor.security.beta.kubernetes.io/orders': 'runtime/default' };

    expect(podOf({ template: { metadata: { annotations }, spec } }).metadata.annotations).toMatchObject(annotations);
  });

  it("has the application's settings, and empty folders in place of its data", () => {
    const volumes = [
      { name: 'conf', configMap: { name: 'orders' } },
      { name: 'data', persistentVolumeClaim: { claimName: 'orders' } },
      { name: 'logs', hostPath: { path: '/var/log/orders' } },
      { name: 'unused', nfs: { server: 'a', path: '/' } },
    ];
    const volumeMounts = [mount('conf', '/conf'), mount('data', '/data'), mount('logs', '/logs')];

    const pod = podOf({ template: { spec: { ...spec, volumes } }, container: { ...container, volumeMounts } });

    expect(isJsonObject(pod['spec']) && pod['spec']['volumes']).toEqual([volumes[0], { name: 'data', emptyDir: {} }, { name: 'logs', emptyDir: {} }]);
  });

  it.each([
    ['a volume that an init container fills', { name: 'agents', emptyDir: {} }, '-javaagent:/agents/jmx.jar=1', true],
    ["the application's disk", { name: 'agents', persistentVolumeClaim: { claimName: 'x' } }, '@/agents/java.opts', true],
    ['a ConfigMap', { name: 'agents', configMap: { name: 'x' } }, '@/agents/java.opts', false],
    ['no volume', { name: 'agents', emptyDir: {} }, '-javaagent:/agents-of-ours/jmx.jar', false],
    ['a volume, and is only written', { name: 'agents', emptyDir: {} }, '-XX:HeapDumpPath=/agents/dump', false],
  ])('is impossible where the JVM loads a file from one that is not there: %s', (_where, volume, option, impossible) => {
    const made = make({
      template: { spec: { ...spec, volumes: [volume] } },
      container: { ...container, volumeMounts: [mount('agents', '/agents')] },
      argv: ['java', option, '-version'],
    });

    expect(made).toMatchObject(impossible ? { kind: 'impossible', because: 'needs-volume', detail: option } : { kind: 'pod' });
  });
});

function podOf(more: Parameters<typeof make>[0]): Extract<BootPod, { kind: 'pod' }>['pod'] {
  const made = make(more);
  if (made.kind !== 'pod') throw new Error(made.detail);
  return made.pod;
}

function make(more: Partial<Parameters<typeof bootPod>[0]>): BootPod {
  return bootPod({ namespace: 'shop', name: 'probe', run: 'run-1', template: { spec }, container, argv: ['java', '-version'], ...more });
}

function mount(name: string, mountPath: string): JsonObject {
  return { name, mountPath };
}
