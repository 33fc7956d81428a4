import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { podSpec } from '../../core/workload/pod-template.ts';
import type { Container } from '../../core/workload/workload.ts';
import { missingJarLines, startLines, type LogLine } from './container-log.ts';
import { loadedAgents, pullImage, serviceOf, type ImageSource, type LoadedAgent, type PulledImage } from './image-runtime.ts';
import { seconds } from './object-store.ts';
import { DEFAULT_SCRIPT, type PodScript, type ScriptBook } from './pod-script.ts';
import type { ContainerState } from './pod-status.ts';
import type { SimulatedTraffic } from './simulated-traffic.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** The log of one instance of a container; the last lines are added when it crashes. */
export interface ContainerLog {
  readonly startedAt: number;
  readonly lines: readonly LogLine[];
}

export interface ContainerLife extends ImageSource {
  readonly pod: KubeObject;
  readonly container: Container;
  readonly clock: VirtualClock;
  readonly scripts: ScriptBook;
  readonly signal: AbortSignal;
  readonly logs: Map<string, ContainerLog[]>;
  readonly report: (state: ContainerState) => void;
  /** Where a JVM with an agent says that it takes requests. */
  readonly traffic: Pick<SimulatedTraffic, 'serve'>;
}

const BACK_OFF_MS = 10_000;
const MAX_BACK_OFF_MS = 300_000;

/** Pulls, starts and restarts one container until its pod is deleted. `started` = its first start. */
export function runContainer(life: ContainerLife): { readonly started: Promise<void>; readonly ended: Promise<void> } {
  const first = Promise.withResolvers<void>();
  const ended = liveOn(life, first.resolve);
  // A pod deleted before the start must not leave its successor waiting: the end of the life settles `started` too.
  ended.catch(first.reject);
  first.promise.catch(() => undefined);
  return { started: first.promise, ended };
}

async function liveOn(life: ContainerLife, onStart: () => void): Promise<void> {
  const { clock, signal, report } = life;
  const image = await pull(life);
  const agents = loadedAgents(life.container, image);
  const script = { ...DEFAULT_SCRIPT, ...scriptOf(life, agents[0]?.agent), ...brokenStart(agents) };
  let state: ContainerState = { state: creating(), ready: false, started: false, restarts: 0, imageId: image.imageId };
  const jvm = { pod: life.pod.metadata.name, service: serviceOf(life.container, image), agent: agents[0]?.agent };
  const serve = (ready: boolean): void => (agents.length > 0 ? life.traffic.serve(jvm, ready) : undefined);
  signal.addEventListener('abort', () => serve(false), { once: true });
  const set = (change: Partial<ContainerState>): void => {
    if (change.ready !== undefined) serve(change.ready);
    report((state = { ...state, ...change }));
  };
  for (let crashes = 0; ; crashes += 1) {
    await clock.background(script.startMs, signal);
    const startedAt = clock.now();
    const readyMs = script.readyMs === 'never' ? 60_000 : script.readyMs;
    const crashAt = crashes < (script.crashes ?? Infinity) ? script.crashAtMs : undefined;
    const lines = startLines({ agents: script.noProof === true ? [] : agents, startedAt, readyMs });
    const words = crashAt === undefined ? [] : (script.lastWords ?? []).map((text) => ({ atMs: crashAt, text }));
    keepLog(life, { startedAt, lines: [...lines.filter((line) => crashAt === undefined || line.atMs < crashAt), ...words] });
    set({ state: { running: { startedAt: seconds(startedAt) } }, started: true });
    onStart();
    if (isOnce(life.pod) && crashAt === undefined) return await end(life, { startedAt, set });
    await follow(script, { clock, signal, crashAt, set });
    if (crashAt === undefined) return;
    const terminated = { exitCode: script.exitCode, reason: script.reason, startedAt: seconds(startedAt), finishedAt: seconds(clock.now()) };
    set({ state: { terminated }, ready: false, started: false });
    if (isOnce(life.pod)) return;
    await clock.background(1_000, signal);
    if (crashes > 0) {
      const backOff = Math.min(MAX_BACK_OFF_MS, BACK_OFF_MS * 2 ** (crashes - 1));
      const message = `back-off ${backOff / 1000}s restarting failed container=${life.container.name} pod=${life.pod.metadata.name}`;
      set({ state: { waiting: { reason: 'CrashLoopBackOff', message } }, lastState: { terminated } });
      await clock.background(backOff, signal);
    }
    set({ lastState: { terminated }, restarts: crashes + 1 });
  }
}

/** Lives one run: Ready, flapping, and up to the crash where there is one. */
async function follow(
  script: PodScript & { readonly readyMs: number | 'never' },
  run: {
    readonly clock: VirtualClock;
    readonly signal: AbortSignal;
    readonly crashAt: number | undefined;
    readonly set: (change: Partial<ContainerState>) => void;
  },
): Promise<void> {
  const { clock, signal, crashAt, set } = run;
  const steps: (readonly [atMs: number, ready: boolean])[] = [];
  if (script.readyMs !== 'never') steps.push([script.readyMs, true]);
  for (let flap = 1; script.flapAtMs !== undefined && flap <= (script.flaps ?? 1); flap += 1) {
    steps.push([script.flapAtMs * flap, false], [script.flapAtMs * flap + 10_000, true]);
  }
  let at = 0;
  for (const [atMs, ready] of steps.filter(([each]) => crashAt === undefined || each < crashAt)) {
    await clock.background(atMs - at, signal);
    at = atMs;
    set({ ready });
  }
  if (crashAt !== undefined) await clock.background(crashAt - at, signal);
}

async function pull(life: ContainerLife): Promise<PulledImage> {
  const { clock, signal, container } = life;
  const { pullMs, pullError } = { ...DEFAULT_SCRIPT, ...scriptOf(life, undefined) };
  const since = clock.now();
  for (let attempt = 0; ; attempt += 1) {
    await clock.background(pullMs, signal);
    const broken = pullError !== undefined && (pullError.forMs === undefined || clock.now() - since < pullError.forMs);
    const image = broken ? undefined : await clock.hold(pullImage(life, container.image));
    signal.throwIfAborted();
    if (image) return image;
    const message = broken ? pullError.message : `failed to pull and unpack image "${container.image}": ${container.image}: not found`;
    life.report(notPulled('ErrImagePull', message));
    await clock.background(2_000, signal);
    life.report(notPulled('ImagePullBackOff', `Back-off pulling image "${container.image}": ErrImagePull: ${message}`));
    await clock.background(Math.min(MAX_BACK_OFF_MS, BACK_OFF_MS * 2 ** attempt), signal);
  }
}

/** A pod that is not restarted: `java … -version`, which ends well once the agents are loaded. */
function isOnce(pod: KubeObject): boolean {
  return podSpec(pod)['restartPolicy'] === 'Never';
}

async function end(life: ContainerLife, run: { readonly startedAt: number; readonly set: (change: Partial<ContainerState>) => void }): Promise<void> {
  await life.clock.background(1_000, life.signal);
  const terminated = { exitCode: 0, reason: 'Completed', startedAt: seconds(run.startedAt), finishedAt: seconds(life.clock.now()) };
  run.set({ state: { terminated }, ready: false, started: false });
}

/** A JVM whose agent jar is missing ends before it begins, whatever the script says. */
function brokenStart(agents: readonly LoadedAgent[]): PodScript {
  const missing = agents.find((each) => each.agent === undefined);
  return missing ? { crashAtMs: 300, exitCode: 1, lastWords: missingJarLines(missing.jarPath) } : {};
}

function scriptOf(life: ContainerLife, agent: string | undefined): PodScript {
  const { name, image } = life.container;
  return life.scripts(life.pod, { name, image, agent });
}

function keepLog(life: ContainerLife, log: ContainerLog): void {
  const runs = life.logs.get(life.container.name) ?? [];
  life.logs.set(life.container.name, [...runs, log].slice(-2));
}

function notPulled(reason: string, message: string): ContainerState {
  return { state: { waiting: { reason, message } }, ready: false, started: false, restarts: 0, imageId: '' };
}

function creating(): JsonObject {
  return { waiting: { reason: 'ContainerCreating' } };
}
