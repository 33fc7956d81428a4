import { hashJson } from '../hash-json.ts';
import { jsonEqual, type Json } from '../json.ts';
import type { ArgsEdit, Edit } from './edit.ts';
import { editList, restoreList } from './edit-list.ts';
import { isSealed } from './seal-edits.ts';
import { pointer, type JsonPatchOp } from './json-patch.ts';
import type { KubeObject } from './kube-object.ts';
import { containers, podSpec, podTemplate, templatePath } from './pod-template.ts';
import type { Container } from './workload.ts';

/** What our fields hold: what was there before us, what we wrote, or something a third party wrote. */
export type EditState = 'before' | 'after' | 'foreign';

/** Compares the live object with the edits. With no edits at all the answer is `before`. */
export function editState(object: KubeObject, edits: readonly Edit[]): EditState {
  if (edits.every((edit) => holds(object, edit, 'before'))) return 'before';
  return edits.every((edit) => holds(object, edit, 'after')) ? 'after' : 'foreign';
}

/** Operations that test each field for its old value and set the new one; positions come from the live object. Edits must not be sealed. */
export function forwardOps(object: KubeObject, edits: readonly Edit[]): readonly JsonPatchOp[] {
  const bare = containersWithoutEnv(object, edits);
  const lists = bare.flatMap((name) => createEnv(object, edits, name));
  const rest = edits.filter((edit) => edit.kind !== 'env' || !bare.includes(edit.container));
  return [...rest.flatMap((edit) => editOps(object, edit, { edits, to: 'after' })), ...lists];
}

/**
 * Operations that test each field for our value and put the old one back. Variables we added go in reverse order, so
 * that indices stay true; an `env` list that we created is removed whole, as it was absent before.
 */
export function inverseOps(object: KubeObject, edits: readonly Edit[]): readonly JsonPatchOp[] {
  return [...edits].reverse().flatMap((edit) => editOps(object, edit, { edits, to: 'before' }));
}

/** Containers of the edits that have no `env` list yet: the first added variable creates it. */
export function containersWithoutEnv(object: KubeObject, edits: readonly Edit[]): readonly string[] {
  const named = new Set(edits.filter((edit) => edit.kind === 'env').map((edit) => edit.container));
  return [...named].filter((name) => locate(object, name)?.container.env === undefined);
}

/** Removal of `env` lists that were absent before us and hold nothing but our variables; goes before other inverse ops. */
export function dropCreatedEnv(object: KubeObject, edits: readonly Edit[], created: readonly string[]): { ops: readonly JsonPatchOp[]; rest: readonly Edit[] } {
  const ours = created.filter((name) => {
    const env = locate(object, name)?.container.env;
    const added = edits.filter((edit) => edit.kind === 'env' && edit.container === name && edit.before === null);
    return env !== undefined && env.length === added.length && added.every((edit) => holds(object, edit, 'after'));
  });
  const ops = ours.flatMap((name) => {
    const found = locate(object, name);
    if (!found) return [];
    return [
      { op: 'test', path: `${found.path}/env`, value: (found.container.env ?? []) as Json },
      { op: 'remove', path: `${found.path}/env` },
    ] satisfies JsonPatchOp[];
  });
  return { ops, rest: edits.filter((edit) => edit.kind !== 'env' || !ours.includes(edit.container)) };
}

interface Change {
  /** All edits made together. */
  readonly edits: readonly Edit[];
  readonly to: 'before' | 'after';
}

function editOps(object: KubeObject, edit: Edit, change: Change): readonly JsonPatchOp[] {
  const { to } = change;
  if (isSealed(edit)) throw new Error(`the edit of ${edit.container} is sealed: its values are masks and must not be written`);
  const found = locate(object, edit.container);
  if (!found) return [{ op: 'test', path: pointer(...templatePath(object.kind), 'spec', 'containers'), value: `container ${edit.container} is gone` }];
  const nameTest = { op: 'test', path: `${found.path}/name`, value: edit.container } as const;
  if (edit.kind === 'image') {
    const from = to === 'after' ? edit.before : edit.after;
    const path = `${found.path}/image`;
    return [nameTest, { op: 'test', path, value: from }, { op: 'replace', path, value: edit[to] }];
  }
  return [nameTest, ...(edit.kind === 'env' ? envOps(found, edit, to) : argsOps(found, edit, change))];
}

/** The first edit of a list changes it whole, for all of them: any other list than the expected one fails the test. */
function argsOps(found: Located, edit: ArgsEdit, { edits, to }: Change): readonly JsonPatchOp[] {
  const { container, field } = edit;
  const together = edits.filter((each): each is ArgsEdit => each.kind === 'args' && each.container === container && each.field === field);
  if (together[0] !== edit) return [];
  const path = `${found.path}/${field}`;
  const live = found.container[field];
  const list = live ?? [];
  if (hashJson(list) !== edit.list[to === 'after' ? 'before' : 'after']) return [{ op: 'test', path, value: `${field} of ${container} was changed` }];
  const value = to === 'after' ? editList(list, together) : restoreList(list, together);
  // The API server drops an empty list.
  const set: JsonPatchOp = value.length === 0 ? { op: 'remove', path } : { op: live ? 'replace' : 'add', path, value };
  return live ? [{ op: 'test', path, value: live }, set] : [set];
}

function envOps(found: Located, edit: Edit & { kind: 'env' }, to: 'before' | 'after'): readonly JsonPatchOp[] {
  const env = found.container.env ?? [];
  const index = env.findLastIndex((each) => each.name === edit.name);
  const from = to === 'after' ? edit.before : edit.after;
  const value = edit[to];
  const path = `${found.path}/env/${index}`;
  if (from === null) return value === null ? [] : [{ op: 'add', path: `${found.path}/env/-`, value }];
  if (index < 0) return [{ op: 'test', path: `${found.path}/env`, value: `variable ${edit.name} is gone` }];
  const test: JsonPatchOp = { op: 'test', path, value: from };
  return [test, value === null ? { op: 'remove', path } : { op: 'replace', path, value }];
}

function createEnv(object: KubeObject, edits: readonly Edit[], name: string): readonly JsonPatchOp[] {
  const found = locate(object, name);
  if (!found) return [];
  const value = edits.flatMap((edit) => (edit.kind === 'env' && edit.container === name && edit.after !== null ? [edit.after] : []));
  return [{ op: 'add', path: `${found.path}/env`, value }];
}

function holds(object: KubeObject, edit: Edit, side: 'before' | 'after'): boolean {
  const container = locate(object, edit.container)?.container;
  if (!container) return false;
  if (edit.kind === 'image') return container.image === edit[side];
  if (edit.kind === 'args') return hashJson(container[edit.field] ?? []) === edit.list[side];
  const current = container.env?.findLast((each) => each.name === edit.name) ?? null;
  return edit.sealed ? hashJson(current) === edit.sealed[side] : jsonEqual(current, edit[side]);
}

interface Located {
  readonly container: Container;
  /** JSON Pointer of the container. */
  readonly path: string;
}

function locate(object: KubeObject, name: string): Located | undefined {
  const list = containers(podSpec(podTemplate(object)));
  const index = list.findIndex((each) => each.name === name);
  const container = list[index];
  return container && { container, path: pointer(...templatePath(object.kind), 'spec', 'containers', index) };
}
