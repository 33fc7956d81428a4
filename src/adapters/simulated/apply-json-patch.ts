import { assertNever, ChangeoverError } from '../../core/error.ts';
import { isJsonObject, jsonEqual, type Json, type JsonObject } from '../../core/json.ts';
import type { JsonPatchOp } from '../../core/workload/json-patch.ts';

/**
 * Applies a JSON Patch (RFC 6902) to a document and returns the new one; the old one is left alone. All or nothing:
 * a failed `test` and a path that does not exist are both `precondition`, as with a real API server (422 without details).
 * One exception, also as there: replacing a member that is absent adds it.
 */
export function applyJsonPatch(document: JsonObject, ops: readonly JsonPatchOp[], target: string): JsonObject {
  let current: Json = document;
  for (const [index, op] of ops.entries()) {
    const result = change(current, segments(op.path), op);
    if (result === undefined) {
      throw new ChangeoverError('precondition', `the object is not as the patch expected: operation ${index} (${op.op} ${op.path}) failed`, {
        target,
        hint: 'Read the object again and compare.',
      });
    }
    current = result;
  }
  return isJsonObject(current) ? current : document;
}

/** The document after one operation at the path below it; undefined = the operation fails. */
function change(node: Json, path: readonly string[], op: JsonPatchOp): Json | undefined {
  const [head, ...rest] = path;
  if (head === undefined) return atRoot(node, op);
  if (Array.isArray(node)) return changeArray(node, { head, rest }, op);
  if (!isJsonObject(node)) return undefined;
  const child = node[head];
  if (rest.length > 0) {
    const changed = child === undefined ? undefined : change(child, rest, op);
    return changed === undefined ? undefined : { ...node, [head]: changed };
  }
  switch (op.op) {
    case 'add':
    case 'replace':
      return { ...node, [head]: op.value };
    case 'test':
      return child !== undefined && jsonEqual(child, op.value) ? node : undefined;
    case 'remove': {
      const { [head]: _removed, ...others } = node;
      return child === undefined ? undefined : others;
    }
    default:
      return assertNever(op);
  }
}

function changeArray(node: readonly Json[], path: { readonly head: string; readonly rest: readonly string[] }, op: JsonPatchOp): Json | undefined {
  const index = path.head === '-' ? node.length : arrayIndex(path.head);
  if (index === undefined) return undefined;
  if (op.op === 'add' && path.rest.length === 0) return index > node.length ? undefined : node.toSpliced(index, 0, op.value);
  const child = node[index];
  if (child === undefined) return undefined;
  if (op.op === 'remove' && path.rest.length === 0) return node.toSpliced(index, 1);
  const changed = change(child, path.rest, op);
  return changed === undefined ? undefined : node.with(index, changed);
}

function atRoot(node: Json, op: JsonPatchOp): Json | undefined {
  if (op.op === 'test') return jsonEqual(node, op.value) ? node : undefined;
  return op.op === 'remove' ? undefined : op.value;
}

/** RFC 6901 section 4: digits without leading zeros. */
function arrayIndex(segment: string): number | undefined {
  return /^(0|[1-9]\d*)$/.test(segment) ? Number(segment) : undefined;
}

function segments(path: string): readonly string[] {
  if (path === '') return [];
  return path
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}
