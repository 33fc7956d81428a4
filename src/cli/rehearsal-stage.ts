import type { DriveOptions, RunResult } from '../app/drive-run.ts';
import { isTerminal } from '../core/rollout/workload-state.ts';
import { listenForInterrupts } from './interrupts.ts';
import type { Invocation } from './invocation.ts';
import type { Rehearsal, RehearsedEngine } from './rehearsal.ts';
import { jsonLines } from './render/json-lines.ts';
import { liveView, type LiveView } from './render/live-view.ts';
import { painter, wantsColor, type Paint } from './render/paint.ts';
import type { TextOutput } from './wiring.ts';

const TICK_MS = 100;

/** Where a rehearsal is shown: everything on it says that it is simulated. With `-o json` only events are. */
export interface Stage {
  readonly paint: Paint;
  /** Cells left for text. */
  readonly width: number;
  say(...lines: readonly string[]): void;
  /** Runs an engine under the live view until it ends, dies, or a person interrupts. */
  drive(engine: RehearsedEngine, start: (options: DriveOptions) => Promise<RunResult>): Promise<RunResult | 'died' | 'interrupted'>;
}

/** Sets the stage on standard output. */
export function openStage(invocation: Invocation, rehearsal: Rehearsal): Stage {
  const { wiring, options } = invocation;
  const { stdout } = wiring;
  const paint = painter(wantsColor(stdout, options.color, wiring.env));
  const marked = markLines(stdout, paint('quiet', 'simulated │ '));
  const openView = (): LiveView => {
    if (options.output !== 'table') return simulatedEvents(stdout);
    const view = { color: wantsColor(stdout, options.color, wiring.env), title: 'Rehearsal', simulated: true, now: () => rehearsal.clock.now() };
    return stdout.isTTY ? liveView(stdout, view) : turningPoints(liveView(marked, view));
  };
  return {
    paint,
    width: stdout.isTTY ? Math.max(40, stdout.columns - 12) : Infinity,
    say: (...lines) => (options.output === 'table' ? marked.write(`${lines.join('\n')}\n`) : undefined),
    drive: (engine, start) => perform(invocation, openView(), { engine, start }),
  };
}

async function perform(
  invocation: Invocation,
  view: LiveView,
  act: { readonly engine: RehearsedEngine; readonly start: (options: DriveOptions) => Promise<RunResult> },
): Promise<RunResult | 'died' | 'interrupted'> {
  const { wiring, options } = invocation;
  const interrupts = listenForInterrupts(wiring);
  const never = new AbortController().signal;
  const done = new AbortController();
  const ticking = wiring.stdout.isTTY ? keepTicking(invocation, view, done.signal) : undefined;
  const interrupted = new Promise<'interrupted'>((resolve) => interrupts.stop.addEventListener('abort', () => resolve('interrupted')));
  try {
    const running = act.start({
      stateNamespace: options.stateNamespace,
      by: wiring.user,
      emit: (event) => view.event(event),
      stop: never,
      kill: never,
      pollMs: 5_000,
    });
    return await Promise.race([running, act.engine.died.then(() => 'died' as const), interrupted]);
  } finally {
    act.engine.kill();
    done.abort();
    await ticking;
    view.close();
    interrupts.dispose();
  }
}

async function keepTicking({ wiring }: Invocation, view: LiveView, signal: AbortSignal): Promise<void> {
  try {
    while (!signal.aborted) {
      await wiring.clock.sleep(TICK_MS, signal);
      view.tick();
    }
  } catch {
    // The sleep was cut short: the act is over.
  }
}

/** Without a terminal only what ends, fails or begins is worth a line. */
function turningPoints(view: LiveView): LiveView {
  return {
    ...view,
    event: (event) => {
      const step =
        event.type === 'image.pushed' ||
        (event.type === 'workload.state' && !isTerminal(event.to)) ||
        (event.type === 'workload.verdict' && event.verdict !== 'fail');
      if (!step) view.event(event);
    },
  };
}

function simulatedEvents(output: TextOutput): LiveView {
  return { ...jsonLines(output), event: (event) => output.write(`${JSON.stringify({ ...event, simulated: true })}\n`) };
}

/** Puts a mark before every line, so that no line can be taken for news of a real cluster. */
function markLines(output: TextOutput, mark: string): TextOutput {
  return {
    isTTY: false,
    columns: output.columns,
    rows: output.rows,
    write: (text) =>
      output.write(
        text
          .split('\n')
          .map((line, index, all) => (index === all.length - 1 && line === '' ? '' : `${mark}${line}`))
          .join('\n'),
      ),
  };
}
