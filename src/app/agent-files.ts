import { buildAgentLayer } from '../core/image/agent-layer.ts';
import type { BuiltLayer } from '../core/image/built-layer.ts';

/** The new agent as files below `to.home`, with what identifies it. Paths are relative to the home folder (`agent/javaagent.jar`). */
export interface AgentFiles {
  readonly version: string;
  /** Digest (`sha256:…`) of the bridge's jar, where it goes along. */
  readonly bridge?: string;
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

const layers = new WeakMap<AgentFiles, Map<string, BuiltLayer>>();

/** The agent layer of these files below `home`; built once, however many images take it. */
export function agentLayerOf(agent: AgentFiles, home: string): BuiltLayer {
  const known = layers.get(agent) ?? new Map<string, BuiltLayer>();
  const layer = known.get(home) ?? buildAgentLayer(agent.files, home);
  layers.set(agent, known.set(home, layer));
  return layer;
}
