import { styleText } from 'node:util';
import type { TextOutput } from '../wiring.ts';

/** The few styles the program has. Colour never carries meaning alone: every coloured word says it too. */
export type Tone = 'strong' | 'quiet' | 'good' | 'bad' | 'caution' | 'accent';

export type Paint = (tone: Tone | undefined, text: string) => string;

const formats = { strong: 'bold', quiet: 'dim', good: 'green', bad: 'red', caution: 'yellow', accent: 'cyan' } as const satisfies Record<Tone, string>;

/** Colours text, or leaves it alone where colour is off. */
export function painter(color: boolean): Paint {
  return (tone, text) => (color && tone !== undefined && text !== '' ? styleText(formats[tone], text, { validateStream: false }) : text);
}

/** Whether to colour: a terminal, no `--no-color`, no NO_COLOR (no-color.org: any non-empty value), not a dumb terminal. */
export function wantsColor(output: TextOutput, color: boolean, env: { readonly [name: string]: string | undefined }): boolean {
  return color && output.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
