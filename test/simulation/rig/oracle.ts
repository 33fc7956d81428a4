import type { Json, JsonObject } from '../../../src/core/json.ts';
import type { MigrateItem, Plan } from '../../../src/core/plan/plan.ts';
import type { KubeObject } from '../../../src/core/workload/kube-object.ts';
import { workloadId } from '../../../src/core/workload/kube-object.ts';
import { sameJson, specOf } from '../../../src/adapters/simulated/object-parts.ts';
import type { JournalEntry } from '../../../src/ports/journal.ts';
import type { AcceptedWrite, AuditLog } from './audit-log.ts';
import { changedPaths, textsIn } from './changed-paths.ts';
import { PodHistory } from './pod-history.ts';

const MARKER = 'changeover.dev/marker';
const INTENT = 'changeover.dev/intent';
const OUTCOME = 'changeover.dev/outcome';
/** States after which nothing of a workload moves by itself (rollout specification 6.2). */
const ENDED = new Set([
  'SUCCEEDED',
  'DEFERRED_ZERO',
  'ROLLED_BACK',
  'RB_FAILED',
  'INCONCLUSIVE',
  'CONFLICT',
  'EXT_CHANGED',
  'GONE',
  'SKIPPED',
  'REGRESSED',
  'DEFERRED_VERIFY',
  'FINALIZED',
]);
/** How much older than the truth a verdict's reading may be, besides what faults add. Milliseconds. */
const READING_MS = 1_000;

export interface OracleOptions {
  readonly plan: Plan;
  readonly audit: AuditLog;
  readonly soakMs: number;
  /** Lines that are durable now. */
  readonly journal: () => readonly JournalEntry[];
  /** How old the oldest served reading is. */
  readonly lagMs: number;
}

/** What the cluster's log says of one workload. */
export interface Traced {
  readonly item: MigrateItem;
  /** State of its record, as stored in the cluster. */
  state: string;
  /** Template before our change, by intent. */
  readonly before: Map<string, JsonObject>;
  readonly forward: Set<string>;
  readonly inverse: Set<string>;
  /** Strategy and minReadySeconds before our change. */
  pace?: Json;
  /** Other writers changed the template, or the object, at any time. */
  foreign: boolean;
  /** Number of the newest engine that wrote to the object. */
  newest: number;
  inFlight: boolean;
}

/** Holds invariants I1-I10 of the rollout specification (6.4) against every write that the cluster accepted. Asks the engine nothing. */
export class Oracle {
  readonly violations: string[] = [];
  readonly workloads: ReadonlyMap<string, Traced>;
  readonly #options: OracleOptions;
  readonly #pods = new PodHistory();
  #phase = 'PREPARING';

  constructor(options: OracleOptions) {
    this.#options = options;
    const items = options.plan.items.filter((item) => item.action === 'migrate');
    this.workloads = new Map(
      items.map((item) => [
        item.id,
        { item, state: 'PLANNED', before: new Map(), forward: new Set(), inverse: new Set(), foreign: false, newest: 0, inFlight: false },
      ]),
    );
    options.audit.listen((write) => this.#judge(write));
  }

  #judge(write: AcceptedWrite): void {
    this.#pods.record(write);
    const { object } = write;
    if (object.kind === 'ConfigMap') return this.#readRecord(write);
    if (object.kind !== 'Deployment' || write.writer === 'controllers') return;
    const traced = this.workloads.get(workloadId(object));
    if (write.writer.startsWith('engine-'))
      return traced ? this.#judgeOurs(write, traced) : this.#break('I5', write, 'a workload that is not in the plan was written');
    if (traced) this.#noteForeign(write, traced);
  }

  #noteForeign({ kind, object, previous }: AcceptedWrite, traced: Traced): void {
    const same = (of: (each: KubeObject) => Json | undefined): boolean => previous !== undefined && sameJson(of(object), of(previous));
    const untouched = same(templateOf) && same((each) => specOf(each)['paused']) && same((each) => each.metadata.annotations?.[MARKER]);
    if (kind !== 'modified' || !untouched) traced.foreign = true;
    const intent = kind === 'deleted' ? undefined : templateAnnotation(object);
    if (intent === undefined) traced.inFlight = false;
    // Somebody who undoes our way back makes the change anew: it may be put back once more.
    else if (previous && templateAnnotation(previous) === undefined) traced.inverse.delete(intent);
  }

  #judgeOurs(write: AcceptedWrite, traced: Traced): void {
    const { object, previous, kind, ops } = write;
    if (kind !== 'modified' || previous === undefined || ops === undefined) return this.#break('I5', write, `was ${kind} and not patched`);
    if (object.metadata.uid !== traced.item.uid) this.#break('I5', write, 'has another uid than the planned workload');
    this.#judgeFence(write, previous, traced);
    this.#judgeFields(write, previous, traced);
    const [was, is] = [templateAnnotation(previous), templateAnnotation(object)];
    if (is !== undefined && is !== was) this.#judgeForward(write, previous, { traced, intent: is });
    else if (was !== undefined && is === undefined) this.#judgeInverse(write, previous, { traced, intent: was });
    else if (!sameJson(templateOf(object), templateOf(previous))) this.#break('I2', write, 'the spec was changed outside of a change and its way back');
    if (readJson(object, OUTCOME)['status'] === 'migrated' && readJson(previous, OUTCOME)['status'] !== 'migrated') this.#judgeSuccess(write, traced);
  }

  /** I5: every write tests uid and marker; an instance that was replaced writes nothing more. */
  #judgeFence(write: AcceptedWrite, previous: KubeObject, traced: Traced): void {
    const marker = previous.metadata.annotations?.[MARKER];
    const tested = (path: string, value: Json | undefined): boolean =>
      (write.ops ?? []).some((op) => op.op === 'test' && op.path === path && sameJson(op.value, value));
    if (!tested('/metadata/uid', previous.metadata.uid)) this.#break('I5', write, 'without a test of the uid');
    const markerTested = marker !== undefined && tested('/metadata/annotations/changeover.dev~1marker', marker);
    const versionTested = tested('/metadata/resourceVersion', previous.metadata.resourceVersion);
    if (!markerTested && !(marker === undefined && versionTested)) this.#break('I5', write, 'without a test of the claim');
    const number = Number(write.writer.slice('engine-'.length));
    if (number < traced.newest) this.#break('I5', write, `after engine-${traced.newest} had written to it`);
    traced.newest = Math.max(traced.newest, number);
    const epoch = (of: KubeObject): number => Number(readJson(of, MARKER)['epoch'] ?? 0);
    if (write.object.metadata.annotations?.[MARKER] !== undefined && epoch(write.object) < epoch(previous))
      this.#break('I5', write, 'with an older epoch than the claim on it');
  }

  /** I2 and I8: only planned fields of the planned container, our annotations, never replicas, strategy or paused. */
  #judgeFields(write: AcceptedWrite, previous: KubeObject, traced: Traced): void {
    const { item } = traced;
    const containers = (templateOf(write.object)['spec'] as { readonly containers?: readonly { readonly name: string }[] } | undefined)?.containers ?? [];
    const index = containers.findIndex((each) => each.name === item.container);
    const fields = new Set(item.edits.map((edit) => (edit.kind === 'args' ? edit.field : edit.kind)));
    const own = [...fields].map((field) => `/template/spec/containers/${index}/${field}`);
    const mayChange = (path: string): boolean =>
      own.some((each) => path === each || path.startsWith(`${each}/`)) ||
      path === '/template/metadata/annotations' ||
      path === '/template/metadata/annotations/changeover.dev~1intent';
    for (const path of changedPaths(previous['spec'], write.object['spec'])) {
      if (/^\/(replicas|paused)$/.test(path)) this.#break('I8', write, `changed spec${path}`);
      else if (/^\/(strategy|minReadySeconds)/.test(path)) this.#judgePace(write, previous, traced);
      else if (!mayChange(path)) this.#break('I2', write, `changed spec${path}`);
    }
    const variables = changedVariables(previous, write.object, item).filter((name) => !item.edits.some((edit) => edit.kind === 'env' && edit.name === name));
    if (variables.length > 0) this.#break('I2', write, `changed the variables ${variables.join(', ')}`);
    for (const path of changedPaths(previous.metadata, write.object.metadata)) {
      const ours = path.startsWith('/annotations/changeover.dev~1') || path === '/annotations' || path === '/generation' || path === '/resourceVersion';
      if (!ours) this.#break('I2', write, `changed metadata${path}`);
    }
    if (withoutOurs(previous).some(([key, value]) => write.object.metadata.annotations?.[key] !== value))
      this.#break('I2', write, "changed somebody else's annotation");
  }

  /** I8: the pace of a rollout is ours to change only with the change itself, recorded, and then only back to what it was. */
  #judgePace(write: AcceptedWrite, previous: KubeObject, traced: Traced): void {
    if (templateAnnotation(write.object) !== undefined && templateAnnotation(write.object) !== templateAnnotation(previous)) {
      traced.pace = paceOf(previous);
      const shape = readJson(write.object, MARKER)['shape'] as { readonly canary?: { readonly before?: Json } } | undefined;
      if (!sameJson(shape?.canary?.before, traced.pace)) this.#break('I8', write, 'changed the strategy, and the marker does not hold what it was');
    } else if (!sameJson(paceOf(write.object), traced.pace)) this.#break('I8', write, 'did not put the strategy back to what it was');
  }

  #judgeForward(write: AcceptedWrite, previous: KubeObject, change: { readonly traced: Traced; readonly intent: string }): void {
    const { traced, intent } = change;
    const { id } = traced.item;
    if (traced.forward.has(intent)) this.#break('I6', write, `${intent} was applied a second time`);
    traced.forward.add(intent);
    traced.before.set(intent, templateOf(previous));
    if (traced.state !== 'APPLY_INTENT') this.#break('I1', write, `while its stored record says ${traced.state}`);
    const noted = this.#options
      .journal()
      .some((line) => line.workload === id && line.type === 'record' && line.data['state'] === 'APPLY_INTENT' && line.data['intent'] === intent);
    if (!noted) this.#break('I1', write, 'without a durable line of its intent in the journal');
    const [old, now] = [templateOf(previous), templateOf(write.object)];
    const kept = new Set(textsIn(readJson(write.object, MARKER)));
    const isLost = (path: string): boolean => textAt(old, path).some((text) => !kept.has(text) && !textAt(now, path).includes(text));
    const overwritten = changedPaths(old, now).filter(isLost);
    if (overwritten.length > 0) this.#break('I1', write, `the marker does not hold what was at ${overwritten.join(', ')}`);
    if (this.#phase !== 'RUNNING') this.#break('I4', write, `while the run is ${this.#phase}`);
    traced.inFlight = true;
    this.#judgeBatches(write, id);
  }

  /** I9: never more in forward flight than the batch has members, and no batch before the one before it has ended. */
  #judgeBatches(write: AcceptedWrite, id: string): void {
    const { batches } = this.#options.plan;
    const index = batches.findIndex((batch) => batch.includes(id));
    const early = batches
      .slice(0, index)
      .flat()
      .filter((each) => this.workloads.has(each) && !ENDED.has(this.workloads.get(each)?.state ?? ''));
    if (early.length > 0) this.#break('I9', write, `in batch ${index + 1}, before ${early.join(', ')} had ended`);
    const flying = [...this.workloads.values()].filter((each) => each.inFlight).map((each) => each.item.id);
    if (flying.length > (batches[index]?.length ?? 0)) this.#break('I9', write, `as one of ${flying.length} in flight: ${flying.join(', ')}`);
  }

  #judgeInverse(write: AcceptedWrite, previous: KubeObject, change: { readonly traced: Traced; readonly intent: string }): void {
    const { traced, intent } = change;
    if (traced.inverse.has(intent)) this.#break('I6', write, `${intent} was put back a second time`);
    traced.inverse.add(intent);
    traced.inFlight = false;
    const before = traced.before.get(intent);
    if (!before) return this.#break('I2', write, `${intent} was put back and never applied`);
    const image = traced.item.edits.find((edit) => edit.kind === 'image');
    if (image && imageIn(previous, traced.item) !== image.after) this.#break('I2', write, `over an image that is not ours: ${imageIn(previous, traced.item)}`);
    if (!traced.foreign && !sameJson(templateOf(write.object), before)) this.#break('I10', write, 'the template is not as it was before us');
  }

  /** I7: a pod of this very change was Ready for the whole soak. */
  #judgeSuccess(write: AcceptedWrite, { item }: Traced): void {
    const intent = templateAnnotation(write.object) ?? '';
    const app = item.id.split('/')[2] ?? '';
    const { soakMs, lagMs } = this.#options;
    const longest = this.#pods.longestReady(app, intent, write.at, lagMs + READING_MS);
    if (longest < soakMs - READING_MS) this.#break('I7', write, `succeeded after ${longest} ms of a Ready pod`);
    if (lagMs === 0 && !this.#pods.allReadyFor(app, intent, write.at, soakMs - READING_MS))
      this.#break('I7', write, 'succeeded while a new pod had not soaked');
  }

  #readRecord({ object, kind }: AcceptedWrite): void {
    const data = object['data'] as { readonly record?: string } | undefined;
    if (kind === 'deleted' || data?.record === undefined) return;
    const id = /"item":\{.*?"id":"([^"]+)"/.exec(data.record)?.[1];
    if (id === undefined) {
      this.#phase = /"phase":"([A-Z_]+)"/.exec(data.record)?.[1] ?? '';
      return;
    }
    const traced = this.workloads.get(id);
    if (!traced) return;
    traced.state = /"state":"([A-Z_]+)","since"/.exec(data.record)?.[1] ?? /"state":"([A-Z_]+)"/.exec(data.record)?.[1] ?? '';
    if (ENDED.has(traced.state)) traced.inFlight = false;
  }

  #break(invariant: string, write: AcceptedWrite, what: string): void {
    this.violations.push(`${invariant}: ${workloadId(write.object)} by ${write.writer} at ${new Date(write.at).toISOString().slice(11, 23)}: ${what}`);
  }
}

function withoutOurs(object: KubeObject): readonly (readonly [string, string])[] {
  return Object.entries(object.metadata.annotations ?? {}).filter(([key]) => !key.startsWith('changeover.dev/'));
}

function templateOf(object: KubeObject | undefined): JsonObject {
  return (object ? (specOf(object)['template'] as JsonObject | undefined) : undefined) ?? {};
}

function templateAnnotation(object: KubeObject): string | undefined {
  const metadata = templateOf(object)['metadata'] as { readonly annotations?: { readonly [key: string]: string } } | undefined;
  return metadata?.annotations?.[INTENT];
}

/** What says how a rollout goes: the rolling update's numbers, and when a pod counts as available. */
export function paceOf(object: KubeObject): Json {
  const spec = specOf(object);
  const strategy = (spec['strategy'] ?? {}) as JsonObject;
  return { rollingUpdate: strategy['rollingUpdate'] ?? null, minReadySeconds: spec['minReadySeconds'] ?? null };
}

/** The image of the planned container. */
export function imageIn(object: KubeObject, item: MigrateItem): string | undefined {
  const spec = templateOf(object)['spec'] as { readonly containers?: readonly { readonly name: string; readonly image?: string }[] } | undefined;
  return spec?.containers?.find((each) => each.name === item.container)?.image;
}

/** Names of the planned container's variables that differ, are new, or are gone. */
function changedVariables(before: KubeObject, after: KubeObject, item: MigrateItem): readonly string[] {
  const variables = (object: KubeObject): ReadonlyMap<string, Json> => {
    const spec = templateOf(object)['spec'] as
      | { readonly containers?: readonly { readonly name: string; readonly env?: readonly { name: string }[] }[] }
      | undefined;
    const env = spec?.containers?.find((each) => each.name === item.container)?.env ?? [];
    return new Map(env.map((each) => [each.name, each as Json]));
  };
  const [old, now] = [variables(before), variables(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((name) => !sameJson(old.get(name), now.get(name)));
}

function readJson(object: KubeObject, annotation: string): JsonObject {
  return JSON.parse(object.metadata.annotations?.[annotation] ?? '{}') as JsonObject;
}

function textAt(template: JsonObject, path: string): readonly string[] {
  let value: unknown = template;
  for (const step of path.split('/').slice(1)) value = (value as Record<string, unknown> | undefined)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')];
  return textsIn(value as Json | undefined);
}
