import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { podSpec, templateAnnotations } from '../workload/pod-template.ts';
import type { Container } from '../workload/workload.ts';

/** On every pod of a boot probe; its value is the run. */
export const PROBE_LABEL = 'changeover.dev/probe';
/** Image pull, scheduling and the JVM's start must be done in this time, else nothing is proven. */
export const PROBE_SECONDS = 300;

export interface BootPodInput {
  readonly namespace: string;
  readonly name: string;
  readonly run: string;
  readonly template: JsonObject;
  /** As it will be. */
  readonly container: Container;
  readonly argv: readonly [string, ...string[]];
}

export type BootPod = { readonly kind: 'pod'; readonly pod: KubeObject } | { readonly kind: 'impossible'; readonly because: string; readonly detail: string };

const podFields = [
  'nodeSelector',
  'tolerations',
  'securityContext',
  'imagePullSecrets',
  'serviceAccountName',
  'runtimeClassName',
  'schedulerName',
  'enableServiceLinks',
  'dnsPolicy',
  'dnsConfig',
  'hostAliases',
  'os',
] as const;
const containerFields = ['image', 'imagePullPolicy', 'env', 'envFrom', 'workingDir', 'resources', 'securityContext', 'volumeMounts'] as const;
/** Volumes that hold nothing of the application's: the rest is left empty, so that nobody's data is touched and no disk is taken away. */
const harmless = ['configMap', 'secret', 'projected', 'downwardAPI', 'emptyDir', 'image'];
/** Options that load a file before the program starts. */
const loads = /^(?:-javaagent:|-agentpath:|-Xbootclasspath|-XX:(?:Flags|VMOptionsFile|SharedArchiveFile)=|@)/;

/**
 * A pod that starts the JVM of a new template and nothing else: none of the application's labels (no Service, PodDisruptionBudget
 * or autoscaler finds it), no probes, ports, hooks, sidecars or init containers, no token, no data. Pure.
 */
export function bootPod({ namespace, name, run, template, container, argv }: BootPodInput): BootPod {
  const spec = podSpec(template);
  const volumes = objects(spec['volumes']);
  const mounts = objects(container['volumeMounts']);
  const needed = argv.filter((word, index) => index === 0 || loads.test(word)).find((word) => mounts.some((mount) => isFilled(mount, volumes, word)));
  if (needed !== undefined) return { kind: 'impossible', because: 'needs-volume', detail: needed };
  const used = new Set(mounts.map((mount) => mount['name']));
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { [PROBE_LABEL]: run, 'sidecar.istio.io/inject': 'false' },
      annotations: { ...securityAnnotations(template), 'sidecar.istio.io/inject': 'false', 'linkerd.io/inject': 'disabled' },
    },
    spec: {
      ...pick(spec, podFields),
      ...nodeAffinity(spec),
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      activeDeadlineSeconds: PROBE_SECONDS,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: container.name, ...pick(container, containerFields), command: [...argv], terminationMessagePolicy: 'FallbackToLogsOnError' }],
      ...(used.size === 0 ? {} : { volumes: volumes.filter((each) => used.has(each['name'])).map(withoutData) }),
    },
  };
  return { kind: 'pod', pod };
}

/** Whether the word names a file that an init container, a sidecar or the application's own data brings. */
function isFilled(mount: JsonObject, volumes: readonly JsonObject[], word: string): boolean {
  const volume = volumes.find((each) => each['name'] === mount['name']);
  const path = mount['mountPath'];
  if (typeof path !== 'string' || !volume || harmless.some((kind) => kind !== 'emptyDir' && volume[kind] !== undefined)) return false;
  return word.includes(path.endsWith('/') ? path : `${path}/`);
}

function withoutData(volume: JsonObject): JsonObject {
  return harmless.some((kind) => volume[kind] !== undefined) ? volume : { name: volume['name'] ?? '', emptyDir: {} };
}

/** Terms about other pods are for the application's own. */
function nodeAffinity(spec: JsonObject): JsonObject {
  const affinity = isJsonObject(spec['affinity']) ? spec['affinity']['nodeAffinity'] : undefined;
  return affinity === undefined ? {} : { affinity: { nodeAffinity: affinity } };
}

/** Profiles that older templates name by annotation. */
function securityAnnotations(template: JsonObject): { readonly [name: string]: string } {
  return Object.fromEntries(Object.entries(templateAnnotations(template) ?? {}).filter(([name]) => /^(?:container\.)?(?:apparmor|seccomp)\./.test(name)));
}

function pick(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)));
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
