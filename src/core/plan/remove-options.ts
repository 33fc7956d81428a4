import { finalPath } from '../agents/agent-jar.ts';
import type { Finding } from '../finding.ts';
import { isJsonObject } from '../json.ts';
import { escapeReferences } from '../jvm/expand-references.ts';
import type { Edit } from '../workload/edit.ts';
import { argsEdits, editList, type ElementChange } from '../workload/edit-list.ts';
import type { EnvVar } from '../workload/workload.ts';
import { agentCarriers, carrierText, withoutAgent, type AgentCarrier } from './agent-carriers.ts';
import type { DeliveryQuestion } from './delivery.ts';

/** What becomes of pod and image without the old agent's options. */
export interface OptionsRemoved {
  readonly podEdits: readonly Edit[];
  readonly imageEnv: { readonly [name: string]: string };
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** New texts of files of the image, by their physical path. */
  readonly texts: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
}

/** The new text of a carrier. */
export interface CarrierChange {
  readonly carrier: Pick<AgentCarrier, 'source' | 'element' | 'syntax'>;
  /** `null` = the element of a list goes. */
  readonly after: string | null;
}

/**
 * Takes the old agent's flag and properties out of every place they reach the JVM from: pod variables and command line,
 * image ENV, ENTRYPOINT and CMD, start scripts and option files. A shared ConfigMap is not edited: a variable of the pod
 * overrides it. What cannot be parsed stays as it is.
 */
export function removeOldOptions(question: DeliveryQuestion): OptionsRemoved {
  const changes = agentCarriers(question).flatMap((carrier): readonly CarrierChange[] => {
    const text = carrierText(carrier, question);
    const after = text === undefined ? undefined : withoutAgent(text, carrier, question);
    return after === undefined || after === text ? [] : [{ carrier, after: carrier.syntax === 'literal' ? null : after }];
  });
  return changeCarriers(changes, question);
}

/** What becomes of pod and image when carriers of options get new texts. */
export function changeCarriers(changes: readonly CarrierChange[], question: Pick<DeliveryQuestion, 'container' | 'facts'>): OptionsRemoved {
  const { container, facts } = question;
  const env = changes.flatMap((change) => envEdit(change, question));
  const list = (kind: AgentCarrier['source']['kind']): readonly ElementChange[] =>
    changes.flatMap(({ carrier, after }) => (carrier.source.kind === kind ? [{ index: carrier.element ?? -1, after }] : []));
  const podLists = (['command', 'args'] as const).flatMap((field) => {
    const elements = list(`pod-${field}`);
    return elements.length === 0 ? [] : argsEdits({ container: container.name, field }, container[field] ?? [], elements);
  });
  const [entrypoint, cmd] = [list('image-entrypoint'), list('image-cmd')];
  return {
    podEdits: [...env.map((each) => each.edit), ...podLists],
    imageEnv: Object.fromEntries(changes.flatMap(({ carrier: { source }, after }) => (source.kind === 'image-env' ? [[source.name, after ?? '']] : []))),
    ...(entrypoint.length === 0 ? {} : { entrypoint: editList(facts.config.entrypoint, entrypoint) }),
    ...(cmd.length === 0 ? {} : { cmd: editList(facts.config.cmd, cmd) }),
    texts: new Map(
      changes.flatMap(({ carrier: { source }, after }) => (source.kind === 'image-file' ? [[physical(source.path, question), after ?? ''] as const] : [])),
    ),
    findings: env.flatMap((each) => each.findings),
  };
}

function envEdit(
  { carrier: { source }, after: text }: CarrierChange,
  { container }: Pick<DeliveryQuestion, 'container'>,
): readonly { readonly edit: Edit; readonly findings: readonly Finding[] }[] {
  if (source.kind !== 'pod-env' && source.kind !== 'pod-env-from') return [];
  const { name } = source;
  const after = text ?? '';
  const before = source.kind === 'pod-env' ? (container.env?.[source.index] ?? null) : null;
  const common = { kind: 'env', container: container.name, name, before } as const;
  if (before?.value !== undefined && before.value !== '') return [{ edit: { ...common, after: withValue(before, after) }, findings: [] }];
  const configMap = source.kind === 'pod-env-from' ? source.from : configMapOf(before);
  const finding: Finding = { id: 'config-map-overridden', severity: 'warn', params: { name, configMap } };
  // The text was read as the ConfigMap holds it; in a pod's field `$(NAME)` would be expanded.
  return [{ edit: { ...common, after: withValue({ name }, escapeReferences(after)) }, findings: [finding] }];
}

/** The API server drops an empty value. */
function withValue(variable: EnvVar, value: string): EnvVar {
  const { value: _value, ...rest } = variable;
  return value === '' ? { ...rest, name: variable.name } : { ...variable, value };
}

function configMapOf(variable: EnvVar | null): string {
  const from = variable?.['valueFrom'];
  const reference = isJsonObject(from) ? from['configMapKeyRef'] : undefined;
  return isJsonObject(reference) && typeof reference['name'] === 'string' ? reference['name'] : '';
}

function physical(path: string, { facts }: Pick<DeliveryQuestion, 'facts'>): string {
  return (facts.files && finalPath(facts.files, path)) ?? path;
}
