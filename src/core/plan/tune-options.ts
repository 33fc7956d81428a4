import { ChangeoverError } from '../error.ts';
import type { Finding } from '../finding.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import type { LayerChange } from '../image/path-layer.ts';
import { escapeReferences } from '../jvm/expand-references.ts';
import type { JvmOption } from '../jvm/jvm-option.ts';
import { printToken } from '../jvm/print-token.ts';
import { replaceTokens, type Replacement } from '../jvm/replace-tokens.ts';
import { tokenize } from '../jvm/tokenize.ts';
import { editContainer } from '../workload/edit-container.ts';
import type { Container } from '../workload/workload.ts';
import { carrierText } from './agent-carriers.ts';
import { carrierFor } from './choose-carrier.ts';
import type { DeliverySubject } from './delivery.ts';
import { optionsWanted, type OptionChange } from './options-wanted.ts';
import { readContainer, type ContainerReading } from './read-container.ts';
import { changeCarriers, type CarrierChange, type OptionsRemoved } from './remove-options.ts';

/** Pod and image with the policy's JVM options, from which a delivery goes on. */
export interface TunedOptions {
  readonly container: Container;
  readonly facts: ImageFacts;
  readonly made: OptionsRemoved;
  readonly findings: readonly Finding[];
}

const TOOL_OPTIONS = 'JAVA_TOOL_OPTIONS';

/**
 * Sets the JVM options of the policy: each where it stands, what is new in a variable of the image, or of the pod where that one hides the image's.
 * `jvm-option-not-set` (block) names what cannot be changed where it stands. Done twice is done once. Pure.
 */
export function tuneOptions(subject: DeliverySubject): TunedOptions {
  const { container, facts, policy } = subject;
  const { add, remove, replace } = policy.to.jvmOptions;
  if (add.length + remove.length + Object.keys(replace).length === 0) return { container, facts, made: changeCarriers([], subject), findings: [] };
  const reading = readContainer(container, subject);
  const wanted = optionsWanted(reading.options.options, policy.to.jvmOptions);
  const inPlace = changeInPlace(wanted.changes, subject, reading);
  const first = changeCarriers(inPlace.changes, subject);
  const before = { container: editContainer(container, first.podEdits), facts: factsWith(facts, first) };
  const added = addOptions(wanted.added, { ...subject, ...before }, container);
  const all = [...inPlace.changes.filter((change) => !added.changes.some((other) => isSameCarrier(change, other))), ...added.changes];
  const made = changeCarriers(all, subject);
  return {
    container: editContainer(container, made.podEdits),
    facts: factsWith(facts, made),
    made,
    findings: [...inPlace.findings, ...added.findings, ...made.findings],
  };
}

/** The edited files of the image as changes of its path layer. */
export function textChanges({ files }: Pick<ImageFacts, 'files'>, texts: ReadonlyMap<string, string>): readonly LayerChange[] {
  return [...texts].map(([path, text]): LayerChange => {
    const { mode, uid, gid } = files?.entry(path) ?? { mode: 0o644, uid: 0, gid: 0 };
    return { kind: 'file', path, bytes: new TextEncoder().encode(text), mode, uid, gid };
  });
}

interface Changed {
  readonly changes: readonly CarrierChange[];
  readonly findings: readonly Finding[];
}

function changeInPlace(wanted: readonly OptionChange[], subject: DeliverySubject, reading: ContainerReading): Changed {
  const groups = Map.groupBy(wanted, ({ option }) => JSON.stringify([option.source, option.element ?? null]));
  const made = [...groups.values()].map((group) => changeCarrier(group, subject, reading));
  return { changes: made.flatMap((each) => each.changes), findings: made.flatMap((each) => each.findings) };
}

function changeCarrier(group: readonly OptionChange[], subject: DeliverySubject, reading: ContainerReading): Changed {
  const carrier = group[0]?.option;
  const text = carrier && carrierText(carrier, { ...subject, reading });
  const findings: Finding[] = [];
  const replacements: Replacement[] = [];
  for (const change of group) {
    const made = text === undefined ? 'not-known' : replacementIn(text, change);
    if (typeof made === 'string') findings.push(notSet(change, made));
    else replacements.push(made);
  }
  if (!carrier || text === undefined || replacements.length === 0) return { changes: [], findings };
  const [only] = replacements;
  const after = carrier.syntax === 'literal' && only?.text === null ? null : replaceTokens(text, distinct(replacements));
  return { changes: after === text ? [] : [{ carrier, after }], findings };
}

/** The change of a token of the raw text; why there is none, where what stands there is more than the option. */
function replacementIn(text: string, { option, after }: OptionChange): Replacement | string {
  const { start, end, syntax, source } = option;
  const raw = text.slice(start, end);
  // A mere reference, a part of a word, or what a shell completes is not the option itself.
  const alone =
    syntax === 'script'
      ? raw === option.text
      : tokenize(raw, syntax)
          .tokens.map((token) => token.text)
          .join('\n') === option.text;
  if (option.expands || option.unresolved || !alone) return 'expression';
  if (source.kind === 'pod-env' && after !== null && /\$\(/.test(after)) return 'reference';
  const gap = syntax !== 'script' && syntax !== 'catalina' ? 'space' : 'shell';
  try {
    return { start, end, gap, text: after === null ? null : printFor(after, option) };
  } catch (error) {
    if (!(error instanceof ChangeoverError)) throw error;
    return 'not-writable';
  }
}

/** As the kubelet gives it back: fields of pods expand references. */
function printFor(option: string, { syntax, source }: Pick<JvmOption, 'syntax' | 'source'>): string {
  const printed = printToken(option, syntax);
  return source.kind === 'pod-env' || source.kind === 'pod-command' || source.kind === 'pod-args' ? escapeReferences(printed) : printed;
}

function addOptions(options: readonly string[], subject: DeliverySubject, original: Container): Changed {
  if (options.length === 0) return { changes: [], findings: [] };
  const { container, facts } = subject;
  const reading = readContainer(container, subject);
  const printed = options.map((option) => printToken(option, 'tool-options')).join(' ');
  const append = (value: string): string => (value === '' ? printed : `${value} ${printed}`);
  const own = (name: string): string => facts.config.env.findLast(([each]) => each === name)?.[1] ?? '';
  const carrier = carrierFor({ reading, facts }, (name) => append(own(name)));
  const findings: Finding[] =
    reading.options.jvm === 'yes' ? [] : [{ id: 'jvm-option-may-be-overridden', severity: 'info', params: { options: names(options) } }];
  if (carrier.kind !== 'refused')
    return { changes: [{ carrier: { source: { kind: 'image-env', name: carrier.name }, syntax: 'tool-options' }, after: carrier.value }], findings };
  // The pod's own variable hides the image's: what goes before it must stand in it.
  const index = container.env?.findLastIndex((each) => each.name === TOOL_OPTIONS) ?? -1;
  const value = container.env?.[index]?.value ?? '';
  const isOwn = Boolean(original.env?.[index]?.value);
  const isReadable =
    isOwn && value !== '' && tokenize(value, 'tool-options').problem === undefined && carrier.finding.params['because'] !== 'too-long-for-java-8';
  if (!isReadable)
    return { changes: [], findings: [{ id: 'jvm-option-not-set', severity: 'block', params: { options: names(options), because: 'no-carrier' } }] };
  const after = `${value} ${escapeReferences(printed)}`;
  return { changes: [{ carrier: { source: { kind: 'pod-env', name: TOOL_OPTIONS, index }, syntax: 'tool-options' }, after }], findings };
}

function notSet({ option }: OptionChange, because: string): Finding {
  const { source } = option;
  const place = 'path' in source ? source.path : 'name' in source ? source.name : source.kind;
  return { id: 'jvm-option-not-set', severity: 'block', params: { options: names([option.text]), place, because } };
}

/** Without values, which may be secrets. */
function names(options: readonly string[]): readonly string[] {
  return options.map((option) => /^(?:-X(?:mx|ms|ss|mn)|[^=]+)/.exec(option)?.[0] ?? option);
}

function isSameCarrier(a: CarrierChange, b: CarrierChange): boolean {
  return JSON.stringify([a.carrier.source, a.carrier.element]) === JSON.stringify([b.carrier.source, b.carrier.element]);
}

function distinct(replacements: readonly Replacement[]): readonly Replacement[] {
  return [...new Map(replacements.map((each) => [each.start, each])).values()];
}

function factsWith(facts: ImageFacts, { imageEnv, entrypoint, cmd, texts }: OptionsRemoved): ImageFacts {
  const own = facts.config.env.map(([name, value]) => [name, imageEnv[name] ?? value] as const);
  const added = Object.entries(imageEnv).filter(([name]) => !own.some(([each]) => each === name));
  const config = { ...facts.config, ...(entrypoint ? { entrypoint } : {}), ...(cmd ? { cmd } : {}), env: [...own, ...added] };
  const { files } = facts;
  return { ...facts, config, ...(files && texts.size > 0 ? { files: { ...files, text: (path) => texts.get(path) ?? files.text(path) } } : {}) };
}
