import type { RunEvent } from '../../core/rollout/event.ts';
import type { TextOutput } from '../wiring.ts';
import { displayWidth } from './display-width.ts';
import { formatFrame } from './live-frame.ts';
import { lastingLine, plainLine } from './live-lines.ts';
import { emptyModel, followEvent } from './live-model.ts';
import { painter } from './paint.ts';
import { openScreen } from './screen.ts';
import { shortName } from './workload-name.ts';

/** Shows a run while it goes. */
export interface LiveView {
  event(event: RunEvent): void;
  /** Lets countdowns move; call it about twice a second. */
  tick(): void;
  /** Replaces the hint at the foot, for example after an interrupt. */
  say(footer: string): void;
  /** Takes the live part away; what was printed above it stays. */
  close(): void;
}

export interface LiveViewOptions {
  readonly color: boolean;
  readonly title: string;
  /** Says in the header that the cluster is simulated. */
  readonly simulated?: boolean;
  readonly footer?: string;
  /** Milliseconds since the epoch, of the same clock the events carry. */
  readonly now: () => number;
}

/** A table of what is in flight, redrawn in place on a terminal; one line per event elsewhere. */
export function liveView(output: TextOutput, options: LiveViewOptions): LiveView {
  return output.isTTY ? terminalView(output, options) : plainView(output);
}

function plainView(output: TextOutput): LiveView {
  return {
    event(event): void {
      const line = plainLine(event);
      if (line !== undefined) output.write(`${line}\n`);
    },
    tick: () => undefined,
    say: (footer) => output.write(`${footer}\n`),
    close: () => undefined,
  };
}

function terminalView(output: TextOutput, options: LiveViewOptions): LiveView {
  const screen = openScreen(output);
  const paint = painter(options.color);
  let model = emptyModel;
  let nameWidth = 0;
  let footer = options.footer ?? '';

  const width = (): number => Math.max(20, output.columns - 1);

  function draw(above: readonly string[]): void {
    const frame = {
      title: options.title,
      simulated: options.simulated ?? false,
      now: options.now(),
      width: width(),
      height: output.rows - 1,
      nameWidth,
      footer,
      paint,
    };
    screen.draw(formatFrame(model, frame), above);
  }

  return {
    event(event): void {
      if ('workload' in event && event.workload !== undefined) nameWidth = widen(nameWidth, event.workload, output.columns);
      const line = lastingLine(event, model, { paint, nameWidth, width: width() });
      model = followEvent(model, event);
      draw(line === undefined ? [] : [line]);
    },
    tick: () => draw([]),
    say(text): void {
      footer = text;
      draw([]);
    },
    close: () => screen.close(),
  };
}

/** The name column grows with the longest name seen, up to two fifths of the terminal, and never shrinks. */
function widen(width: number, id: string, columns: number): number {
  return Math.max(width, Math.min(displayWidth(shortName(id)), Math.floor((columns * 2) / 5)));
}
