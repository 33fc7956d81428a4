import type { Finding } from '../finding.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { EffectiveOptions } from '../jvm/effective-options.ts';
import { viewPod } from '../workload/pod-view.ts';
import { podSpec, podTemplate } from '../workload/pod-template.ts';
import type { Container, Workload } from '../workload/workload.ts';

const MIB = 1024 ** 2;
/** What a JVM with an agent needs beside its heap: classes, code, threads, buffers. An assumption, in bytes. */
const BESIDE_HEAP = 256 * MIB;
/** What the heap gets of the limit where no option says. Source: `java`, MaxRAMPercentage. */
const USUAL_SHARE = 25;
/** A start is taken to need this much more with the new agent: the larger of the two counts. */
const SLOWER = { factor: 1.5, seconds: 10 };
/** Taken for a start that no live pod shows, in seconds. */
const ASSUMED_START = 30;

/** What the workload has too little of for the new agent: memory beside the heap, patience of its probes, a folder for temporary files. */
export function roomFindings(workload: Workload, container: Container, options: EffectiveOptions): readonly Finding[] {
  return [...memoryFindings(container, options), ...startFindings(workload, container), ...temporaryFindings(workload, container)];
}

function memoryFindings(container: Container, options: EffectiveOptions): readonly Finding[] {
  const limit = parseQuantity(member(member(container['resources'], 'limits'), 'memory'));
  if (limit === undefined) return [];
  const heap = heapOf(options, limit);
  if (heap === undefined || limit - heap >= BESIDE_HEAP) return [];
  return [{ id: 'memory-headroom', severity: 'warn', params: { limit, heap, left: Math.max(0, limit - heap) } }];
}

/** The largest heap, in bytes: the last option that says wins, as in the JVM; undefined where an option cannot be read. */
function heapOf({ options }: EffectiveOptions, limit: number): number | undefined {
  const texts = options.map((option) => option.text);
  const size = texts.findLast((text) => /^-(?:Xmx|XX:MaxHeapSize=)/.test(text));
  if (size !== undefined) return javaSize(size.replace(/^-(?:Xmx|XX:MaxHeapSize=)/, ''));
  const share = texts.findLast((text) => text.startsWith('-XX:MaxRAMPercentage='))?.slice('-XX:MaxRAMPercentage='.length);
  const percent = share === undefined ? USUAL_SHARE : Number(share);
  return Number.isFinite(percent) ? (limit * percent) / 100 : undefined;
}

function javaSize(text: string): number | undefined {
  const match = /^(\d+)([kmgt]?)$/i.exec(text);
  return match ? Number(match[1]) * 1024 ** ' kmgt'.indexOf((match[2] ?? '').toLowerCase() || ' ') : undefined;
}

const units: { readonly [unit: string]: number } = {
  '': 1,
  m: 0.001,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: MIB,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** Bytes of a Kubernetes quantity; undefined where it is none we know. */
function parseQuantity(quantity: Json | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?(?:[eE]\d+)?)([A-Za-z]{0,2})$/.exec(
    typeof quantity === 'number' ? String(quantity) : typeof quantity === 'string' ? quantity : '',
  );
  const unit = match ? units[match[2] ?? ''] : undefined;
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}

/** Probes that kill: the startup probe, or the liveness probe where there is none. */
function startFindings(workload: Workload, container: Container): readonly Finding[] {
  const probe = ['startupProbe', 'livenessProbe'].find((name) => isJsonObject(container[name]));
  const settings = probe === undefined ? undefined : container[probe];
  if (probe === undefined || !isJsonObject(settings)) return [];
  const patience = secondsOf(settings, 'initialDelaySeconds', 0) + secondsOf(settings, 'failureThreshold', 3) * secondsOf(settings, 'periodSeconds', 10);
  const measured = measureStart(workload, container.name);
  const start = measured ?? ASSUMED_START;
  const expected = Math.round(Math.max(start * SLOWER.factor, start + SLOWER.seconds));
  if (patience >= expected) return [];
  return [{ id: 'start-headroom', severity: 'warn', params: { probe, patience, start: Math.round(start), expected, measured: measured !== undefined } }];
}

function secondsOf(probe: JsonObject, name: string, usual: number): number {
  return typeof probe[name] === 'number' ? probe[name] : usual;
}

/** The quickest start that a live pod's container has had, in seconds: what became ready again later would say too much. */
function measureStart(workload: Workload, container: string): number | undefined {
  const starts = workload.pods.map(viewPod).flatMap(({ ready, readyTransition, containers }) => {
    const state = containers.find((each) => each.name === container && !each.init);
    if (!ready || readyTransition === undefined || state?.runningSince === undefined || state.restarts > 0) return [];
    const seconds = (Date.parse(readyTransition) - Date.parse(state.runningSince)) / 1000;
    return seconds >= 0 ? [seconds] : [];
  });
  return starts.length === 0 ? undefined : Math.min(...starts);
}

function temporaryFindings(workload: Workload, container: Container): readonly Finding[] {
  const own = member(container['securityContext'], 'readOnlyRootFilesystem');
  if (own !== true) return [];
  const mounts = [container['volumeMounts']].flatMap((each) => (Array.isArray(each) ? each : []));
  const isWritable = mounts.some((mount) => member(mount, 'mountPath') === '/tmp' && member(mount, 'readOnly') !== true);
  const isWindows = member(podSpec(podTemplate(workload.object))['os'], 'name') === 'windows';
  return isWritable || isWindows ? [] : [{ id: 'read-only-root', severity: 'warn', params: { folder: '/tmp' } }];
}

function member(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}
