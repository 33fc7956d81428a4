import { bootCommand } from '../core/boot/boot-command.ts';
import { bootPod, PROBE_LABEL, PROBE_SECONDS } from '../core/boot/boot-pod.ts';
import { judgeBoot, type BootVerdict } from '../core/boot/judge-boot.ts';
import { ChangeoverError } from '../core/error.ts';
import type { Skip } from '../core/finding.ts';
import { hashJson } from '../core/hash-json.ts';
import type { SourceImage } from '../core/image/source-image.ts';
import type { MigrateItem } from '../core/plan/plan.ts';
import type { PlannedChange } from '../core/plan/plan-change.ts';
import type { JsonObject } from '../core/json.ts';
import { redact } from '../core/redact.ts';
import { classifyCause } from '../core/rollout/classify-cause.ts';
import type { Reason } from '../core/rollout/run-record.ts';
import { isTerminal } from '../core/rollout/workload-state.ts';
import { editContainer } from '../core/workload/edit-container.ts';
import type { KubeObject } from '../core/workload/kube-object.ts';
import { containers, podSpec, podTemplate } from '../core/workload/pod-template.ts';
import type { Workload } from '../core/workload/workload.ts';
import { readConfigMaps } from './read-fleet.ts';
import { refTo, resources } from './resources.ts';
import { note, recordsOf, tell, type Session } from './session.ts';

/** By stack fingerprint: the probe under way, or what it found. */
export type BootProbes = Map<string, Promise<ProbeResult>>;

/** How a probe ended. Absent log = it passed. */
export interface ProbeResult {
  readonly verdict: Exclude<BootVerdict, { readonly kind: 'wait' }>;
  readonly log: readonly string[];
}

export interface ProbeSubject {
  readonly workload: Workload;
  readonly item: MigrateItem;
  readonly source: SourceImage;
  readonly change: PlannedChange;
}

const POLL_MS = 1_000;
const LOG_LINES = 20;

/**
 * Once per stack fingerprint, before any workload of it is touched: does a JVM start with the new image, options and agent? A
 * short pod that nothing of the application finds says so. Undefined = go on; else why every workload of the stack is left alone.
 * Where it cannot be tried, that is said and nothing is held up: each workload is watched anyway.
 */
export async function probeBoot(session: Session, subject: ProbeSubject): Promise<Skip | undefined> {
  const { fingerprint } = subject.item;
  if ([...recordsOf(session).values()].some((each) => each.item.fingerprint === fingerprint && each.state === 'SUCCEEDED')) return undefined;
  const known = session.probes.get(fingerprint) ?? probe(session, subject);
  session.probes.set(fingerprint, known);
  try {
    const { verdict, log } = await known;
    if (verdict.kind !== 'failed') return undefined;
    const { pod: _pod, ...params } = verdict.reason.params;
    return { id: 'blocked', params: { findings: ['boot-probe-failed'], because: verdict.reason.id, ...params, log } };
  } catch (error) {
    // Trouble of the API server, not of the stack: the preparation is tried again, and the probe with it.
    if (session.probes.get(fingerprint) === known) session.probes.delete(fingerprint);
    throw error;
  }
}

/** Removes what an instance left behind that was killed while it probed. */
export async function removeProbes(session: Session): Promise<void> {
  const { cluster } = session.ports;
  const open = [...recordsOf(session).values()].filter((record) => !isTerminal(record.state));
  for (const namespace of new Set(open.map((record) => namespaceOf(record.item.id)))) {
    const pods = await cluster.list({ resource: resources.pod, namespace, labelSelector: `${PROBE_LABEL}=${session.run.value.name}` }, session.signal);
    for (const pod of pods) await removePod(session, namespace, pod.metadata.name);
  }
}

async function probe(session: Session, subject: ProbeSubject): Promise<ProbeResult> {
  const { item } = subject;
  const result = await tryBoot(session, subject);
  const { verdict, log } = result;
  await note(session, 'boot-probe', { workload: item.id, data: { fingerprint: item.fingerprint, verdict: { ...verdict } as unknown as JsonObject, log } });
  if (verdict.kind === 'unproven') {
    const { because, detail } = verdict;
    tell(session, { type: 'warning', workload: item.id, reason: { id: 'boot-not-proven', params: { because, detail } } });
  }
  return result;
}

async function tryBoot(session: Session, subject: ProbeSubject): Promise<ProbeResult> {
  const made = await makePod(session, subject);
  if (made.kind === 'impossible') return unproven(made.because, made.detail);
  const namespace = namespaceOf(subject.item.id);
  const { name } = made.pod.metadata;
  try {
    const refused = await create(session, made.pod);
    return refused === undefined ? await watch(session, made.pod) : unproven('refused', refused);
  } finally {
    await removePod(session, namespace, name);
  }
}

async function makePod(session: Session, { workload, item, source, change }: ProbeSubject): Promise<ReturnType<typeof bootPod>> {
  const template = podTemplate(workload.object);
  const old = containers(podSpec(template)).find((each) => each.name === item.container);
  if (!old) throw new Error(`container ${item.container} is gone from ${item.id}, though its template is unchanged`);
  const container = editContainer(old, change.edits);
  const { entrypoint, cmd, changes } = change.delivery;
  const image = { env: change.env, changes, ...(entrypoint ? { entrypoint } : {}), ...(cmd ? { cmd } : {}) };
  const configMaps = await readConfigMaps(session.ports.cluster, workload, session.signal);
  const command = bootCommand({ container, facts: source.platforms[0].facts, image, configMaps });
  if (command.kind === 'unknown') return { kind: 'impossible', because: command.because, detail: '' };
  const run = session.run.value;
  const name = `changeover-probe-${hashJson({ run: run.name, fingerprint: item.fingerprint }).slice(0, 8)}-${run.epoch}`;
  return bootPod({ namespace: namespaceOf(item.id), name, run: run.name, template, container, argv: command.argv });
}

/** What the API server has against such a pod: a right, a quota, a webhook. None of it is proven to concern the application. */
async function create(session: Session, pod: KubeObject): Promise<string | undefined> {
  try {
    await session.ports.cluster.create(pod, { signal: session.signal });
    return undefined;
  } catch (error) {
    if (!(error instanceof ChangeoverError)) throw error;
    // By its name it is ours, from a request whose answer was lost.
    if (error.code === 'conflict') return undefined;
    if (error.code === 'denied' || error.code === 'refused') return error.message;
    throw error;
  }
}

async function watch(session: Session, pod: KubeObject): Promise<ProbeResult> {
  const { cluster, clock } = session.ports;
  const namespace = pod.metadata.namespace ?? '';
  const [container] = containers(podSpec(pod));
  const end = clock.now() + PROBE_SECONDS * 1_000;
  for (;;) {
    const live = await cluster.get(refTo(resources.pod, namespace, pod.metadata.name), session.signal);
    const verdict = judgeBoot(live, container?.name ?? '');
    if (verdict.kind === 'failed') return { verdict, log: telling(await readLog(session, pod, container?.name ?? ''), verdict.reason) };
    if (verdict.kind !== 'wait') return { verdict, log: [] };
    if (clock.now() >= end) return unproven(verdict.because, verdict.detail);
    await clock.sleep(POLL_MS, session.signal);
  }
}

async function readLog(session: Session, pod: KubeObject, container: string): Promise<readonly string[]> {
  const query = { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name, container, limitBytes: 512 * 1024, tailLines: 500 };
  const text = await session.ports.cluster.logs(query, session.signal).catch(() => '');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => redact(line.slice(0, 500)));
}

/** The last lines, and before them the one that says why, where a crash dump follows it. */
function telling(log: readonly string[], reason: Reason): readonly string[] {
  const last = log.slice(-LOG_LINES);
  const line = classifyCause({ reason, log, events: [] })?.line ?? '';
  return line === '' || last.includes(line) || !log.includes(line) ? last : [line, ...last];
}

/** Also while everything is being left: without the session's signal, and whatever the answer is. The next start looks again. */
async function removePod(session: Session, namespace: string, name: string): Promise<void> {
  await session.ports.cluster.delete(refTo(resources.pod, namespace, name)).catch(() => undefined);
}

function unproven(because: string, detail: string): ProbeResult {
  return { verdict: { kind: 'unproven', because, detail: redact(detail) }, log: [] };
}

function namespaceOf(id: string): string {
  return id.split('/')[0] ?? '';
}
