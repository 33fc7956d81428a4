import { hashJson } from '../hash-json.ts';
import { jsonEqual, type Json } from '../json.ts';
import { redact } from '../redact.ts';
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
  const opened = edits.map((edit) => (isSealed(edit) ? exact.find((each) => !isSealed(each) && jsonEqual(toJson(sealEdit(each)), toJson(edit))) : edit));
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
      ? { ...edit, before: mask(edit.before), after: edit.after === null ? null : mask(edit.after), sealed }
      : { ...edit, before: maskVariable(edit.before), after: maskVariable(edit.after), sealed };
  return jsonEqual(toJson({ ...masked, sealed: undefined }), toJson(edit)) ? undefined : masked;
}

function maskVariable(variable: EnvVar | null): EnvVar | null {
  if (variable?.value === undefined) return variable;
  const { name, value } = variable;
  return { ...variable, value: mask(`${name}=${value}`, name.length + 1) };
}

/** Where quotes group words, a mask that ends with the word would show the rest of the value. */
function mask(text: string, from = 0): string {
  const masked = redact(text);
  if (masked === text) return text.slice(from);
  return /["'\\]/.test(text) ? '***' : masked.slice(from);
}

function toJson(edit: unknown): Json | undefined {
  return edit as Json | undefined;
}
