import { printToken } from './print-token.ts';
import { replaceTokens, type Replacement } from './replace-tokens.ts';
import { scriptTokens, type ScriptToken } from './script-tokens.ts';
import type { OptionSyntax } from './token.ts';
import { tokenize } from './tokenize.ts';

/** What of an agent is known to the editor of option strings: which system properties are its own. */
export interface AgentOptions {
  ownsProperty(name: string): boolean;
}

export interface RemoveAgent {
  /** The jar as the option names it, before any `=`. */
  readonly jarPath: string;
  readonly agent: AgentOptions;
  /** Raw places of more tokens to take: options that are the agent's once `$(NAME)` and shell variables in them are known. */
  readonly places?: readonly { readonly start: number; readonly end: number }[];
  /** Gives a token its value where the raw text holds `$(NAME)` or shell variables; left out = the token as written. */
  readonly resolve?: (text: string) => string;
}

export interface ReplaceAgent extends RemoveAgent {
  readonly newJarPath: string;
  /**
   * Old property -> new property, for values that hold a shell expansion: only the place they stand in can evaluate them,
   * so they are renamed there instead of removed.
   */
  readonly carryOver?: { readonly [property: string]: string };
}

export interface EditedOptions {
  readonly text: string;
  /** The removed tokens, unquoted, in order. */
  readonly removed: readonly string[];
}

/**
 * Takes `-javaagent:<jar>[=args]` and the agent's own `-D` options out of a carrier; every other token keeps its bytes. A
 * text that does not parse comes back unchanged. The second time it changes nothing.
 */
export function removeAgentTokens(text: string, syntax: OptionSyntax, options: RemoveAgent): EditedOptions {
  return edit(text, syntax, { options, replacement: () => null });
}

/**
 * As `removeAgentTokens`, but the first `-javaagent:` token becomes that of the new jar, in place, so that the order among
 * other agents stays. Throws `refused` where the new path cannot be written in the carrier.
 */
export function replaceAgentFlag(text: string, syntax: OptionSyntax, options: ReplaceAgent): EditedOptions {
  const flag = printToken(`-javaagent:${options.newJarPath}`, syntax);
  let done = false;
  return edit(text, syntax, {
    options,
    replacement: (token, raw) => {
      const property = propertyOf(token.text);
      const renamed = property === undefined || !token.expands ? undefined : options.carryOver?.[property];
      if (property !== undefined && renamed !== undefined) return raw.replace(property, () => renamed);
      if (property !== undefined || done) return null;
      done = true;
      return flag;
    },
  });
}

interface Edit {
  readonly options: RemoveAgent;
  readonly replacement: (token: ScriptToken, raw: string) => string | null;
}

function edit(text: string, syntax: OptionSyntax, { options, replacement }: Edit): EditedOptions {
  const { tokens, problem } = syntax === 'script' ? scriptTokens(text) : tokenize(text, syntax);
  if (problem !== undefined && problem !== 'shell-operator') return { text, removed: [] };
  const owned = tokens.filter((token) => isOwned(token.text, options) || options.places?.some(({ start, end }) => start === token.start && end === token.end));
  const replacements = owned.map((token: ScriptToken): Replacement => {
    const gap = syntax !== 'script' && syntax !== 'catalina' ? 'space' : token.inQuotes ? 'quoted' : 'shell';
    return { start: token.start, end: token.end, text: replacement(token, text.slice(token.start, token.end)), gap };
  });
  return { text: replaceTokens(text, replacements), removed: owned.map((token) => token.text) };
}

function isOwned(text: string, { jarPath, agent, resolve }: RemoveAgent): boolean {
  const value = resolve ? resolve(text) : text;
  const flag = `-javaagent:${jarPath}`;
  const property = propertyOf(value);
  return value === flag || value.startsWith(`${flag}=`) || (property !== undefined && agent.ownsProperty(property));
}

function propertyOf(option: string): string | undefined {
  return option.startsWith('-D') ? option.slice(2).split('=')[0] : undefined;
}
