import { hashJson } from '../hash-json.ts';
import { jsonEqual } from '../json.ts';
import { redactValue } from '../redact.ts';
import type { Edit, Seal } from './edit.ts';
import type { EnvVar } from './workload.ts';

/** The edits as plans and records may hold them: values with a credential in them are masked and known by their hashes. */
export function sealEdits(edits: readonly Edit[]): readonly Edit[] {
  return edits.map((edit) => sealEdit(edit) ?? edit);
}

/**
 * The exact edits that sealed ones stand for, out of `exact` ones from where the values may be read: the marker on the
 * object, or the objects they were made from. Undefined where the hashes do not agree, so that nothing else passes for them.
 */
export function unsealEdits(edits: readonly Edit[], exact: readonly Edit[]): readonly Edit[] | undefined {
  const opened = edits.map((edit) => (isSealed(edit) ? exact.find((each) => !isSealed(each) && jsonEqual(sealEdit(each), edit)) : edit));
  return opened.every((edit) => edit !== undefined) ? opened : undefined;
}

/** Whether an edit's values are masked. */
export function isSealed(edit: Edit): boolean {
  return edit.kind !== 'image' && edit.sealed !== undefined;
}

/** Undefined where there is nothing to hide. */
function sealEdit(edit: Edit): Edit | undefined {
  if (edit.kind === 'image' || edit.sealed) return undefined;
  const sealed: Seal = { before: hashJson(edit.before), after: hashJson(edit.after) };
  const masked: Edit =
    edit.kind === 'args'
      ? { ...edit, before: redactValue('', edit.before), after: edit.after === null ? null : redactValue('', edit.after), sealed }
      : { ...edit, before: maskVariable(edit.before), after: maskVariable(edit.after), sealed };
  return jsonEqual({ ...masked, sealed: undefined }, edit) ? undefined : masked;
}

function maskVariable(variable: EnvVar | null): EnvVar | null {
  if (variable?.value === undefined) return variable;
  return { ...variable, value: redactValue(variable.name, variable.value) };
}
