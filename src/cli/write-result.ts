import type { Json } from '../core/json.ts';
import type { Invocation } from './invocation.ts';
import { painter, wantsColor, type Paint } from './render/paint.ts';

/** How a text for people is to be made. */
export interface Style {
  readonly paint: Paint;
  /** Cells a line may take; `Infinity` where output is no terminal: then nothing is cut. */
  readonly width: number;
}

/** Writes the result of a command to standard output: the document itself with `-o json|yaml`, else lines for people. */
export async function writeResult(invocation: Invocation, document: object, view: (style: Style) => readonly string[]): Promise<void> {
  const { wiring, options } = invocation;
  if (options.output === 'json') wiring.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
  else if (options.output === 'yaml') wiring.stdout.write(await wiring.formatYaml(document as Json));
  else wiring.stdout.write(`${view(styleFor(invocation)).join('\n')}\n`);
}

/** The style standard output, or standard error, allows. */
export function styleFor(invocation: Invocation, stream: 'stdout' | 'stderr' = 'stdout'): Style {
  const { wiring, options } = invocation;
  const output = wiring[stream];
  return { paint: painter(wantsColor(output, options.color, wiring.env)), width: output.isTTY ? Math.max(40, output.columns) : Infinity };
}
