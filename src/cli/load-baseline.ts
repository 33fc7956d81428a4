import { ChangeoverError } from '../core/error.ts';
import type { Json } from '../core/json.ts';
import { readBaseline, type Baseline } from '../core/verify/baseline.ts';
import type { Wiring } from './wiring.ts';

const MAX_BYTES = 16 * 1024 * 1024;

/** Reads a baseline file. Throws `usage`, `too-large`, or `invalid-file` naming the line of a syntax error or the field. */
export async function loadBaseline(wiring: Pick<Wiring, 'readTextFile'>, file: string): Promise<Baseline> {
  return readBaseline(parseJson(await wiring.readTextFile(file, MAX_BYTES), file), file);
}

function parseJson(text: string, file: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new ChangeoverError('invalid-file', `${file}: not a baseline: ${placed(detail, text)}`, {
      target: file,
      hint: 'Use the file as `changeover verify --baseline save` or `changeover tee` wrote it.',
      cause: error,
    });
  }
}

/** The parser names a position, and not always its line. */
function placed(detail: string, text: string): string {
  const [, position] = /at position (\d+)/.exec(detail) ?? [];
  if (position === undefined) return `line ${text.split('\n').length}: ${detail}`;
  return `line ${text.slice(0, Number(position)).split('\n').length}: ${detail.replace(/ at position.*$/s, '').replace(/ in JSON$/, '')}`;
}
