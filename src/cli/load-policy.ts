import { parsePolicy } from '../core/policy/parse-policy.ts';
import type { Invocation } from './invocation.ts';
import type { PlacedPolicy } from './wiring.ts';

const MAX_BYTES = 1024 * 1024;

/** Reads the policy file of `-p`; undefined without one. Throws `usage` or `invalid-file` naming file, line and field. */
export async function loadPolicy({ wiring, options }: Invocation): Promise<PlacedPolicy | undefined> {
  const file = options.policy;
  if (file === undefined) return undefined;
  const { value, position } = await wiring.parseYaml(await wiring.readTextFile(file, MAX_BYTES), file);
  return { policy: parsePolicy(value, { file, position }), directory: wiring.directoryOf(file) };
}
