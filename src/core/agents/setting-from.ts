import { liveReferences } from '../jvm/expand-references.ts';
import type { AgentSetting } from './agent.ts';
import type { SystemProperty } from './system-properties.ts';

/** A setting that an option gives; undefined where a shell expansion keeps its value unknown. */
export function settingFromProperty(name: string, { value, option }: SystemProperty): AgentSetting | undefined {
  if (option.expands) return undefined;
  return { value, source: `-D${name}`, ...(option.unresolved ? { unresolved: option.unresolved } : {}) };
}

/** A setting whose text came from the environment, where unknown values are references to themselves. */
export function settingFromText(value: string, source: string, env: { readonly [name: string]: string }): AgentSetting {
  const unresolved = liveReferences(value, env);
  return { value, source, ...(unresolved.length > 0 ? { unresolved } : {}) };
}
