import { ChangeoverError } from '../core/error.ts';
import type { Json } from '../core/json.ts';
import { readBaseline, type Baseline } from '../core/verify/baseline.ts';
import type { Wiring } from './wiring.ts';

const MAX_BYTES = 16 * 1024 * 1024;
/** Characters of a text that the YAML reader takes. */
const MOST_PLACED = 1024 * 1024;

/** Reads a baseline file. Throws `usage`, `too-large`, or `invalid-file` naming the line of a syntax error, or the field. */
export async function loadBaseline(wiring: Pick<Wiring, 'readTextFile' | 'parseYaml'>, file: string): Promise<Baseline> {
  return readBaseline(await parseJson(await wiring.readTextFile(file, MAX_BYTES), file, wiring), file);
}

async function parseJson(text: string, file: string, wiring: Pick<Wiring, 'parseYaml'>): Promise<Json> {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (text.length <= MOST_PLACED) await wiring.parseYaml(text, file); // says the line and column of nearly every mistake
    throw new ChangeoverError('invalid-file', `${file}: not a baseline: ${error instanceof Error ? error.message : String(error)}`, {
      target: file,
      hint: 'Use the file as `changeover verify --baseline save` or `changeover tee` wrote it.',
      cause: error,
    });
  }
}
