import type { StoredConfig } from './image-config.ts';
import type { ImageEdits } from './image-edits.ts';
import { ourLabels } from './our-labels.ts';
import type { JsonEdit } from './raw-json.ts';

/** The edits of a config's JSON that a rewrite asks for; `created` and everything else stay. Labels of ours that are already there are inherited ones and go. */
export function editConfig(config: StoredConfig, edits: ImageEdits): readonly JsonEdit[] {
  return [
    ...editEnv(config, edits.env ?? {}),
    ...(edits.entrypoint === undefined ? [] : [set(['config', 'Entrypoint'], edits.entrypoint)]),
    ...(edits.cmd === undefined ? [] : [set(['config', 'Cmd'], edits.cmd)]),
    ...Object.values(ourLabels).map((label): JsonEdit => ({ kind: 'remove', path: ['config', 'Labels', label] })),
    ...sortedEntries(edits.labels ?? {}).map(([label, value]) => set(['config', 'Labels', label], value)),
    ...edits.layers.map(({ layer }, index) => set(['rootfs', 'diff_ids', config.diffIds.length + index], layer.diffId)),
    ...editHistory(config, edits.layers),
  ];
}

function set(path: JsonEdit['path'], value: Extract<JsonEdit, { kind: 'set' }>['value']): JsonEdit {
  return { kind: 'set', path, value };
}

function sortedEntries(members: { readonly [key: string]: string }): readonly (readonly [key: string, value: string])[] {
  return Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Variables keep their place, all entries of a name are changed (the last one counts, but not everywhere), and new ones go to the end. */
function editEnv({ env }: StoredConfig, { set: values = {}, remove = [] }: NonNullable<ImageEdits['env']>): readonly JsonEdit[] {
  const wanted = new Map(sortedEntries(values));
  const present = new Set(env.map(([name]) => name));
  const changed = env.flatMap(([name, value], index) => {
    const next = wanted.get(name);
    return next === undefined || next === value ? [] : [set(['config', 'Env', index], `${name}=${next}`)];
  });
  const added = [...wanted]
    .filter(([name]) => !present.has(name))
    .map(([name, value], index) => set(['config', 'Env', env.length + index], `${name}=${value}`));
  const removed = env.flatMap(([name], index): JsonEdit[] =>
    remove.includes(name) && !wanted.has(name) ? [{ kind: 'remove', path: ['config', 'Env', index] }] : [],
  );
  return [...changed, ...added, ...removed.reverse()];
}

/**
 * Appends one entry per layer, without a time, since the result must not depend on when it was made. A history that does not have one entry per layer is
 * repaired first: some runtimes refuse more entries than layers, and tools that pair them by position would pair ours wrongly.
 */
function editHistory({ history, diffIds }: StoredConfig, layers: ImageEdits['layers']): readonly JsonEdit[] {
  const filled = history.flatMap(({ emptyLayer }, index) => (emptyLayer ? [] : [index]));
  const surplus = filled.slice(diffIds.length).map((index) => set(['history', index, 'empty_layer'], true));
  const missing = Array.from({ length: Math.max(0, diffIds.length - filled.length) }, () => ({ created_by: 'not recorded by the builder' }));
  const entries = [...missing, ...layers.map(({ createdBy }) => ({ created_by: createdBy, comment: 'changeover' }))];
  return [...surplus, ...entries.map((entry, index) => set(['history', history.length + index], entry))];
}
