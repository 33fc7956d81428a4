import type { Edit } from '../workload/edit.ts';
import type { Container } from '../workload/workload.ts';

const NAME = 'JAVA_TOOL_OPTIONS';
/** The JVM reads it like the other one; no delivery writes it. */
const STAND_IN = '_JAVA_OPTIONS';

/**
 * A container whose JAVA_TOOL_OPTIONS holds nothing but the old agent's options, as one that carries them in another
 * variable: without them the variable goes whole, and the image's own of that name comes into force. That is possible
 * since the manifest's owner sets it nowhere else. Undefined where it does not apply.
 */
export function freeToolOptions(container: Container, removal: readonly Edit[]): Container | undefined {
  const emptied = removal.some((edit) => edit.kind === 'env' && edit.name === NAME && edit.before?.value !== undefined && edit.after?.value === undefined);
  const { env = [] } = container;
  const isMentioned = JSON.stringify({ ...container, env: env.filter((each) => each.name !== NAME) }).includes(NAME);
  if (!emptied || isMentioned || env.filter((each) => each.name === NAME).length !== 1 || env.some((each) => each.name === STAND_IN)) return undefined;
  return { ...container, env: env.map((each) => (each.name === NAME ? { ...each, name: STAND_IN } : each)) };
}

/** The edits planned for such a container, as edits of the real one. */
export function removeToolOptions(container: Container, edits: readonly Edit[]): readonly Edit[] {
  const before = container.env?.find((each) => each.name === NAME) ?? null;
  return edits.map((edit) => (edit.kind === 'env' && edit.name === STAND_IN ? { ...edit, name: NAME, before, after: null } : edit));
}
