import { parsePolicy } from './parse-policy.ts';
import type { Policy } from './policy.ts';

/**
 * The policy of commands that can do without a file (`scan`): every namespace, SkyWalking to OpenTelemetry, all else as
 * the defaults of the policy file. It names no agent files: whoever needs them must ask for a policy.
 */
export function defaultPolicy(): Policy {
  const document = { apiVersion: 'changeover.dev/v1alpha1', kind: 'Changeover', metadata: { name: 'default' }, spec: { to: { files: { path: 'none' } } } };
  const policy = parsePolicy(document, { file: 'the built-in policy', position: () => undefined });
  return { ...policy, to: { ...policy.to, files: { kind: 'none' } } };
}
