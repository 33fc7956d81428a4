import { findRun } from '../app/state-store.ts';
import { ChangeoverError } from '../core/error.ts';
import { parsePolicy } from '../core/policy/parse-policy.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Cluster } from '../ports/cluster.ts';
import { runOf, type Invocation } from './invocation.ts';

/** The policy a run was started with. Throws `usage` when there is no such run: then a policy must be named. */
export async function policyOfRun({ options }: Invocation, cluster: Cluster, signal: AbortSignal): Promise<Policy> {
  try {
    const { value } = await findRun(cluster, runOf(options), signal);
    return parsePolicy(value.policy, { file: `run ${value.name}`, position: () => undefined });
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.code !== 'usage' || options.run !== undefined || options.baseline !== 'save') throw error;
    throw new ChangeoverError('usage', `${error.message}, and no policy is named`, {
      hint: 'Name one with -p: it says where to read (verify.skywalking or verify.jaeger).',
    });
  }
}
