import { isAbsolute, join } from 'node:path';
import { isJsonObject, type Json } from '../core/json.ts';
import { parsePolicy } from '../core/policy/parse-policy.ts';
import type { Invocation } from './invocation.ts';
import type { PlacedPolicy } from './wiring.ts';

const MAX_BYTES = 1024 * 1024;

/** Reads the policy file of `-p`; undefined without one. Throws `usage` or `invalid-file` naming file, line and field. */
export async function loadPolicy({ wiring, options }: Invocation): Promise<PlacedPolicy | undefined> {
  const file = options.policy;
  if (file === undefined) return undefined;
  const { value, position } = await wiring.parseYaml(await wiring.readTextFile(file, MAX_BYTES), file);
  const directory = wiring.directoryOf(file);
  return { policy: parsePolicy(await withManifest(value, directory, wiring), { file, position }), directory };
}

/** `to.instrumentation` names a file: its contents take its place, so that plans and runs hold what they were made from. */
async function withManifest(policy: Json, directory: string, wiring: Invocation['wiring']): Promise<Json> {
  const spec = isJsonObject(policy) ? policy['spec'] : undefined;
  const to = isJsonObject(spec) ? spec['to'] : undefined;
  const path = isJsonObject(to) ? to['instrumentation'] : undefined;
  if (!isJsonObject(policy) || !isJsonObject(spec) || !isJsonObject(to) || typeof path !== 'string') return policy;
  const file = isAbsolute(path) ? path : join(directory, path);
  const { value } = await wiring.parseYaml(await wiring.readTextFile(file, MAX_BYTES), file);
  return { ...policy, spec: { ...spec, to: { ...to, instrumentation: value } } };
}
