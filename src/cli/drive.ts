import type { DriveOptions, RunResult } from '../app/drive-run.ts';
import type { Clock } from '../ports/clock.ts';
import type { ExitCode } from './exit-code.ts';
import { listenForInterrupts } from './interrupts.ts';
import { flagsOf, type Invocation } from './invocation.ts';
import { jsonLines } from './render/json-lines.ts';
import { liveView, type LiveView } from './render/live-view.ts';
import { wantsColor } from './render/paint.ts';
import { formatRunEnd } from './render/run-end.ts';
import { writeResult } from './write-result.ts';

const TICK_MS = 500;

/** What to drive: its name for the header, and the use case that drives it. */
export interface Drive {
  readonly title: string;
  readonly start: (options: DriveOptions) => Promise<RunResult>;
}

/** Runs the engine under a live view and says how it ended. The first interrupt settles what is in flight, the second leaves. */
export async function drive(invocation: Invocation, { title, start }: Drive): Promise<ExitCode> {
  const { wiring, options } = invocation;
  const interrupts = listenForInterrupts(wiring);
  const view = openView(invocation, title);
  interrupts.stop.addEventListener('abort', () => view.say('Stopping: nothing more is started, what is in flight is settled. Ctrl-C again leaves at once.'));
  interrupts.kill.addEventListener('abort', () => view.close());
  const done = new AbortController();
  const ticking = keepTicking(view, wiring.clock, done.signal);
  try {
    const { stop, kill } = interrupts;
    const result = await start({ stateNamespace: options.stateNamespace, by: wiring.user, emit: (event) => view.event(event), stop, kill });
    view.close();
    await report(invocation, result);
    return result.exitCode;
  } finally {
    done.abort();
    await ticking;
    view.close();
    interrupts.dispose();
  }
}

function openView({ wiring, options }: Invocation, title: string): LiveView {
  if (options.output === 'json') return jsonLines(wiring.stdout);
  const color = wantsColor(wiring.stderr, options.color, wiring.env);
  const footer = 'Ctrl-C: start nothing more, settle what is in flight';
  return liveView(wiring.stderr, { color, title, footer, now: () => wiring.clock.now() });
}

async function keepTicking(view: LiveView, clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal);
      view.tick();
    }
  } catch {
    // The sleep was cut short: the run has ended.
  }
}

/** With `-o json` the events have said it all, but for a run that was complete before we looked and had none. */
async function report(invocation: Invocation, { status, exitCode, nothingToDo }: RunResult): Promise<void> {
  const { wiring, options } = invocation;
  if (options.output !== 'json')
    return writeResult(invocation, status, (style) =>
      formatRunEnd(status, { ...style, now: wiring.clock.now(), flags: flagsOf(options), exitCode, nothingToDo }),
    );
  if (!nothingToDo) return undefined;
  const event = {
    kind: 'Event',
    time: new Date(wiring.clock.now()).toISOString(),
    run: status.run,
    seq: 0,
    type: 'run.finished',
    phase: status.phase,
    counts: status.counts,
  };
  wiring.stdout.write(`${JSON.stringify(event)}\n`);
  return undefined;
}
