import { assertNever } from '../error.ts';
import type { CarrierSource, JvmOption } from '../jvm/jvm-option.ts';
import { removeAgentTokens } from '../jvm/remove-agent.ts';
import type { OptionSyntax } from '../jvm/token.ts';
import type { DeliveryQuestion } from './delivery.ts';
import { textOf } from './read-container.ts';

/** A text that holds options of the old agent: a variable, an element of a command line, or a file. */
export interface AgentCarrier {
  readonly source: CarrierSource;
  /** Of `command`, `args`, ENTRYPOINT and CMD. */
  readonly element?: number;
  readonly syntax: OptionSyntax;
  /** Raw places of options that are the agent's. */
  readonly places: readonly { readonly start: number; readonly end: number }[];
}

/** Everything the old agent's flag and properties reach the JVM from, the pod's variables these texts refer to, and the image's that name the jar. */
export function agentCarriers(question: DeliveryQuestion): readonly AgentCarrier[] {
  const { options } = question.reading.options;
  const carriers = new Map<string, AgentCarrier>();
  const indirect: AgentCarrier[] = idleVariables(question);
  for (const option of options.filter((each) => isOld(each, question))) {
    const { source, element, syntax, start, end } = option;
    const key = keyOf(option);
    const carrier = carriers.get(key) ?? { source, syntax, ...(element === undefined ? {} : { element }), places: [] };
    // A reference may stand for other options as well: then only what it stands for can be edited.
    const isShared = options.some((other) => !isOld(other, question) && keyOf(other) === key && other.start < end && other.end > start);
    if (isShared) indirect.push(...referredVariables(carrier, question));
    carriers.set(key, isShared ? carrier : { ...carrier, places: [...carrier.places, { start, end }] });
  }
  for (const each of indirect) if (!carriers.has(keyOf(each))) carriers.set(keyOf(each), each);
  return [...carriers.values()];
}

/** The carrier's raw text; undefined where it is not known. */
export function carrierText(
  { source, element = -1 }: Pick<AgentCarrier, 'source' | 'element'>,
  question: Pick<DeliveryQuestion, 'container' | 'facts' | 'reading'>,
): string | undefined {
  const { container, facts, reading } = question;
  switch (source.kind) {
    case 'pod-env':
      return container.env?.[source.index]?.value || variableText(reading, source.name);
    case 'pod-env-from':
      return variableText(reading, source.name);
    case 'image-env':
      return facts.config.env.findLast(([name]) => name === source.name)?.[1];
    case 'pod-command':
      return container.command?.[element];
    case 'pod-args':
      return container.args?.[element];
    case 'image-entrypoint':
      return facts.config.entrypoint[element];
    case 'image-cmd':
      return facts.config.cmd[element];
    case 'image-file':
      return textOf(facts, source.path);
    default:
      return assertNever(source);
  }
}

/** The text without the old agent's options; every other byte stays. */
export function withoutAgent(text: string, { syntax, places }: Pick<AgentCarrier, 'syntax' | 'places'>, { old, plugin }: DeliveryQuestion): string {
  return removeAgentTokens(text, syntax, { jarPath: old[0].jarPath, agent: plugin, places }).text;
}

/** Whether an option is the old agent's flag or one of its properties. */
function isOld(option: JvmOption, { old, plugin }: DeliveryQuestion): boolean {
  const property = /^-D([^=]+)/.exec(option.text)?.[1];
  return old.some((each) => each.option === option) || (property !== undefined && plugin.ownsProperty(property));
}

function referredVariables(carrier: AgentCarrier, question: DeliveryQuestion): readonly AgentCarrier[] {
  const { env = [] } = question.container;
  if (!carrier.source.kind.startsWith('pod-')) return [];
  const names = [...(carrierText(carrier, question) ?? '').matchAll(/\$\(([^)]*)\)/g)].map((match) => match[1] ?? '');
  return [...new Set(names)].flatMap((name): readonly AgentCarrier[] => {
    const index = env.findLastIndex((each) => each.name === name);
    const syntax = carrier.syntax === 'literal' ? 'plain' : carrier.syntax;
    return index < 0 ? [] : [{ source: { kind: 'pod-env', name, index }, syntax, places: [] }];
  });
}

/** Variables of the image that name the old jar and do not reach the JVM today, since the pod hides them or nothing reads them. */
function idleVariables({ facts, old }: DeliveryQuestion): AgentCarrier[] {
  const named = facts.config.env.filter(([, value]) => value.includes(`-javaagent:${old[0].jarPath}`)).map(([name]) => name);
  return [...new Set(named)].map((name): AgentCarrier => ({
    source: { kind: 'image-env', name },
    syntax: /^(?:JAVA_TOOL|JDK_JAVA|_JAVA)_OPTIONS$/.test(name) ? 'tool-options' : 'plain',
    places: [],
  }));
}

function variableText({ env }: DeliveryQuestion['reading'], name: string): string | undefined {
  const variable = env.variables.get(name);
  return variable?.unknown === undefined ? variable?.value.text : undefined;
}

function keyOf({ source, element }: Pick<AgentCarrier, 'source' | 'element'>): string {
  return JSON.stringify([source, element ?? null]);
}
