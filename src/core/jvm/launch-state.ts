import type { Finding } from '../finding.ts';
import { unresolvedIn, type EffectiveEnv, type EnvVariable } from './effective-env.ts';
import type { Carrier, JvmOption } from './jvm-option.ts';
import { isServiceVariable, longestValue } from './expand-references.ts';
import { optionAt, type ResolvedText } from './option-origin.ts';
import type { OptionSyntax } from './token.ts';
import { tokenize } from './tokenize.ts';

/** What is gathered while a container's start is followed through commands and scripts. */
export interface LaunchState {
  readonly env: EffectiveEnv;
  readonly imageText: (path: string) => string | undefined;
  readonly options: JvmOption[];
  readonly findings: Finding[];
  /** Option lists that scripts assign, by variable. */
  readonly assigned: Map<string, readonly JvmOption[]>;
  /** Single values that scripts assign; undefined = assigned and not known. */
  readonly scalars: Map<string, ResolvedText | undefined>;
  /** Variables whose options are already among the options. */
  readonly used: Set<string>;
  /** Variables that scripts mention. */
  readonly mentioned: Set<string>;
  readonly filesRead: Set<string>;
  /** Where the JVM starts, as far as `cd` could be followed. */
  workingDir: string;
  jvm: boolean;
  /** A program that is surely no JVM and that runs in its place. */
  otherProgram: string | undefined;
  /** The program or script whose text we do not have and that may start the JVM. */
  unread: string | undefined;
  tomcat: boolean;
}

const namedCarriers = new Set<string>(['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS', 'CATALINA_OPTS', 'JAVA_OPTS'] satisfies readonly Carrier[]);

/** Words that only make sense as JVM options, wherever a script keeps them. */
export const optionLike = /^-(?:D|X|javaagent:|agentlib:|agentpath:|ea\b|da\b|server\b|-add-(?:opens|exports|modules|reads)|-enable-)/;

/** As many words as any start has; a script that doubles its words again and again stops here. */
export const mostWords = 4096;

const parameter = /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?)([-=+])([^${}`"'\\]*))?\})/g;

/** Nothing followed yet. */
export function newLaunchState(context: Pick<LaunchState, 'env' | 'imageText' | 'workingDir'>): LaunchState {
  return {
    ...context,
    options: [],
    findings: [],
    assigned: new Map(),
    scalars: new Map(),
    used: new Set(),
    mentioned: new Set(),
    filesRead: new Set(),
    jvm: false,
    otherProgram: undefined,
    unread: undefined,
    tomcat: false,
  };
}

/** The options a variable holds: those scripts assigned, else its environment value split by `syntax`. */
export function optionsOf(state: LaunchState, name: string, syntax: OptionSyntax): readonly JvmOption[] {
  state.used.add(name);
  return state.assigned.get(name) ?? envOptions(state, name, syntax);
}

/** The options in an environment variable. Malformed or unreadable carriers become findings. */
export function envOptions(state: Pick<LaunchState, 'env' | 'findings'>, name: string, syntax: OptionSyntax): readonly JvmOption[] {
  const variable = state.env.variables.get(name);
  if (!variable) return [];
  const { tokens, problem } = tokenize(variable.value.text, syntax);
  if (/(?:OPTS?|OPTIONS|ARGS?)$/.test(name)) addCarrierFindings(state.findings, { name, variable, problem });
  const origin = { carrier: namedCarriers.has(name) ? (name as Carrier) : 'env', source: variable.source, syntax, mapped: variable.value } as const;
  return tokens.filter((token) => token.text !== '').map((token) => optionAt(origin, token));
}

/** Replaces `$NAME`, `${NAME}` and `${NAME:-default}` by what is known of them; anything else stays and makes it incomplete. */
export function resolveWord(state: LaunchState, word: { readonly text: string; readonly expands?: true }): ResolvedText {
  if (!word.expands) return { text: word.text, complete: true, unresolved: [] };
  let complete = !/[$`]/.test(word.text.replaceAll(parameter, ''));
  const unresolved: string[] = [];
  const text = word.text.replaceAll(parameter, (...[match = '', bare, braced, colon, sign, fallback]: readonly (string | undefined)[]) => {
    const value = scalar(state, bare ?? braced ?? '');
    if (value === 'unknown' || (value === undefined && fallback === undefined)) {
      complete = false;
      return match;
    }
    const isSet = value !== undefined && (value.text !== '' || colon !== ':');
    if (sign === '+' || !isSet) return sign !== undefined && isSet === (sign === '+') ? (fallback ?? '') : '';
    unresolved.push(...value.unresolved);
    return value.text;
  });
  if (text.length <= longestValue) return { text, complete, unresolved };
  return { text: word.text, complete: false, unresolved };
}

/** Whether a variable has a value as far as it is known: from a script or from the environment. */
export function isSet(state: LaunchState, name: string, emptyIsUnset: boolean): boolean {
  const options = state.assigned.get(name) ?? [];
  const value = scalar(state, name);
  return options.length > 0 || (value !== undefined && (value === 'unknown' || value.text !== '' || !emptyIsUnset));
}

/** The name when the whole word is one variable (`$JAVA_OPTS`, `"${JAVA_OPTS}"`, `${JAVA_OPTS[@]}`). */
export function variableName(word: string): string | undefined {
  const match = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:\[[@*]\])?\})$/.exec(word);
  return match?.[1] ?? match?.[2];
}

function scalar(state: LaunchState, name: string): ResolvedText | 'unknown' | undefined {
  if (state.scalars.has(name)) return state.scalars.get(name) ?? 'unknown';
  const variable = state.env.variables.get(name);
  return variable && { text: variable.value.text, complete: true, unresolved: unresolvedIn(variable) };
}

function addCarrierFindings(
  findings: Finding[],
  carrier: { readonly name: string; readonly variable: EnvVariable; readonly problem: string | undefined },
): void {
  const { name, variable, problem } = carrier;
  if (problem !== undefined) findings.push({ id: problem, severity: 'block', params: { variable: name } });
  if (variable.unknown !== undefined) findings.push({ id: 'options-unreadable', severity: 'block', params: { variable: name, why: variable.unknown } });
  // The kubelet sets the variables of Services itself.
  const references = unresolvedIn(variable).filter((reference) => !isServiceVariable(reference));
  if (variable.unknown === undefined && references.length > 0)
    findings.push({ id: 'unresolved-reference', severity: 'info', params: { variable: name, references } });
}
