import type { Check } from '../core/doctor/doctor-report.ts';
import { ChangeoverError } from '../core/error.ts';
import type { JsonObject } from '../core/json.ts';

/** Runs one check of the doctor: `look` returns what it found, or false where that is a problem; an error it throws is one too. Throws `aborted` and bugs. */
export async function checking(id: Check['id'], about: JsonObject, look: () => Promise<JsonObject | false>): Promise<Check> {
  try {
    const found = await look();
    return found === false ? { id, status: 'problem', params: about } : { id, status: 'ok', params: { ...about, ...found } };
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.code === 'aborted') throw error;
    return { id, status: 'problem', params: { ...about, code: error.code, detail: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) } };
  }
}

/** A right that is missing is a check of its own: what is behind it is not a second problem, it is not known. */
export function unknownWithoutRight(check: Check): Check {
  return check.params['code'] === 'denied' ? { ...check, status: 'unknown' } : check;
}
