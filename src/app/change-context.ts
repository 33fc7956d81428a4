import type { ChangeContext } from '../core/plan/plan-change.ts';
import type { Policy } from '../core/policy/policy.ts';
import { agentLayerOf } from './agent-files.ts';
import type { ReadPorts } from './ports.ts';

/** Reads what every change of a policy needs: the new agent as a layer, and the policy's own files where a mode takes them. */
export async function readChangeContext(ports: Pick<ReadPorts, 'agentFiles' | 'policyFiles'>, policy: Policy): Promise<ChangeContext> {
  const agent = await ports.agentFiles();
  const files = policy.delivery === 'takeover' ? {} : await ports.policyFiles();
  const bridge = agent.bridge === undefined ? {} : { bridge: agent.bridge };
  return { policy, agentLayer: agentLayerOf(agent, policy.to.home), agentVersion: agent.version, ...bridge, files };
}
