import type { TextOutput } from '../wiring.ts';
import type { LiveView } from './live-view.ts';

/** Events for programs: one JSON object per line. */
export function jsonLines(output: TextOutput): LiveView {
  return {
    event: (event) => output.write(`${JSON.stringify(event)}\n`),
    tick: () => undefined,
    say: () => undefined,
    close: () => undefined,
  };
}
