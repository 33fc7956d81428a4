import { ChangeoverError } from '../core/error.ts';
import type { Json } from '../core/json.ts';
import type { Plan } from '../core/plan/plan.ts';
import { readPlan } from '../core/plan/read-plan.ts';
import type { Wiring } from './wiring.ts';

const MAX_BYTES = 64 * 1024 * 1024;

/** Reads a plan file and checks that it is as it was written. Throws `usage`, `too-large` or `invalid-file`. */
export async function loadPlan(wiring: Pick<Wiring, 'readTextFile'>, file: string): Promise<Plan> {
  return readPlan(parseJson(await wiring.readTextFile(file, MAX_BYTES), file), file);
}

function parseJson(text: string, file: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new ChangeoverError('invalid-file', `not a plan: ${detail}`, {
      target: file,
      hint: 'Use the file as `changeover plan --out` wrote it.',
      cause: error,
    });
  }
}
