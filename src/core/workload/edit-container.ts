import type { Edit } from './edit.ts';
import { editList } from './edit-list.ts';
import type { Container, EnvVar } from './workload.ts';

/** The container as it is once these edits are made: what the API server makes of `forwardOps`. */
export function editContainer(container: Container, edits: readonly Edit[]): Container {
  return edits.filter((edit) => edit.container === container.name).reduce(editOne, container);
}

function editOne(container: Container, edit: Edit, _index: number, all: readonly Edit[]): Container {
  switch (edit.kind) {
    case 'image':
      return { ...container, image: edit.after };
    case 'env':
      return { ...container, env: editEnv(container.env ?? [], edit) };
    case 'args': {
      const together = all.filter((each) => each.kind === 'args' && each.field === edit.field) as readonly (typeof edit)[];
      return together[0] === edit ? { ...container, [edit.field]: editList(container[edit.field] ?? [], together) } : container;
    }
    default:
      return edit satisfies never;
  }
}

function editEnv(env: readonly EnvVar[], { name, after }: Edit & { readonly kind: 'env' }): readonly EnvVar[] {
  const index = env.findLastIndex((each) => each.name === name);
  if (index < 0) return after === null ? env : [...env, after];
  return env.toSpliced(index, 1, ...(after === null ? [] : [after]));
}
