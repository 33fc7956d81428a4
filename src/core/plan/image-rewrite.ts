import { agentJars } from '../agents/agent-jar.ts';
import type { Finding } from '../finding.ts';
import type { LayerChange } from '../image/path-layer.ts';
import type { JvmOption } from '../jvm/jvm-option.ts';
import { editContainer } from '../workload/edit-container.ts';
import { chooseCarrier } from './choose-carrier.ts';
import { newJarPath, refuse, standIn, type DeliveryAnswer, type DeliveryQuestion, type Refusal } from './delivery.ts';
import { canBeEmptied, removableChildren } from './old-folder.ts';
import { findOldPlace, homeProblem, parentOf, type OldPlace } from './old-place.ts';
import { readContainer } from './read-container.ts';
import { removeOldOptions, type OptionsRemoved } from './remove-options.ts';
import { hasCommand, startCommand, startProblem, type StartCommand } from './start-command.ts';
import { toolFindings } from './tool-findings.ts';
import { textChanges } from './tune-options.ts';

/**
 * The original method: the old agent leaves the image, its options leave image and pod, and the new flag comes through the
 * image. What boots, by {before, ours} of image and pod:
 *
 * | image  | pod    | agents                                                                     |
 * |--------|--------|----------------------------------------------------------------------------|
 * | before | before | the old one                                                                |
 * | ours   | before | the new one: the pod's old flag leads to it through the stand-in            |
 * | ours   | ours   | the new one                                                                |
 * | before | ours   | none, where the pod carried the flag (`coupled-flag`), else the old one     |
 *
 * The new flag met twice loads one agent. Answers with the first condition that fails. Pure.
 */
export function planImageRewrite(question: DeliveryQuestion): DeliveryAnswer {
  const home = homeProblem(question);
  if (home) return { kind: 'refused', finding: home };
  const place = findOldPlace(question);
  // A flag that comes back with the pod must find the stand-in: without it the old agent would start beside the new one.
  if (place.kind === 'refused' && question.old.some(({ option }) => option.source.kind.startsWith('pod-'))) return place;
  const removed = removeOldOptions(question);
  const start = startCommand(question, removed);
  const problem = startProblem(question, removed, start);
  if (problem) return problem;
  const flag = placeFlag(question, place, { removed, start });
  if (flag.kind === 'refused') return flag;
  const layer = place.kind === 'proven' ? layerFor(question, place) : { changes: [], removes: [], stays: [parentOf(question.old[0].jarPath)] };
  return {
    kind: 'possible',
    changes: [...layer.changes, ...textChanges(question.facts, removed.texts)],
    imageEnv: flag.imageEnv,
    ...start,
    podEdits: removed.podEdits,
    removes: layer.removes,
    stays: layer.stays,
    findings: [...removed.findings, ...flag.findings, ...stateFindings(question, removed, place)],
  };
}

interface PlacedFlag {
  readonly kind: 'placed';
  readonly imageEnv: OptionsRemoved['imageEnv'];
  readonly findings: readonly Finding[];
}

/** Finds out how the new agent is loaded: through a variable of the image, or by an old flag that stays in a script and meets the stand-in. */
function placeFlag(
  question: DeliveryQuestion,
  place: OldPlace | Refusal,
  made: { readonly removed: OptionsRemoved; readonly start: StartCommand },
): PlacedFlag | Refusal {
  const { removed, start } = made;
  const kept = flagsAfter(question, removed, start).filter((flag) => question.old.some((each) => each.jarPath === flag.jarPath));
  const stuck = kept.find((flag) => place.kind === 'refused' || flag.option.source.kind !== 'image-file');
  if (stuck) return refuse('option-not-editable', { carrier: stuck.option.carrier, source: sourceName(stuck.option) });
  const scripts = [...new Set(kept.map((flag) => sourceName(flag.option)))];
  if (scripts.length > 0)
    return { kind: 'placed', imageEnv: removed.imageEnv, findings: scripts.map((path) => ({ id: 'script-not-edited', severity: 'warn', params: { path } })) };
  const carrier = chooseCarrier(question);
  if (carrier.kind === 'refused') return carrier;
  const imageEnv = { ...removed.imageEnv, [carrier.name]: carrier.value };
  const flags = flagsAfter(question, { ...removed, imageEnv }, start).map((flag) => flag.jarPath);
  if (!flags.includes(newJarPath(question.policy))) return refuse('no-carrier', { because: 'not-reached' });
  const reachesTools = carrier.name === 'JAVA_TOOL_OPTIONS' && !question.old.some(({ option }) => option.carrier === carrier.name);
  return { kind: 'placed', imageEnv, findings: [...orderFindings(question, flags), ...(reachesTools ? toolFindings(question.container) : [])] };
}

function stateFindings(question: DeliveryQuestion, removed: OptionsRemoved, place: OldPlace | Refusal): readonly Finding[] {
  const { old, policy } = question;
  return [
    ...(removed.podEdits.length > 0 ? [{ id: 'coupled-flag', severity: 'warn', params: {} } as const] : []),
    ...(place.kind === 'refused' ? [{ id: 'old-agent-stays', severity: 'info', params: { path: old[0].jarPath, because: place.finding.id } } as const] : []),
    ...(policy.image.entrypoint && hasCommand(question) ? [{ id: 'entrypoint-hidden', severity: 'warn', params: {} } as const] : []),
  ];
}

/** The `-javaagent:` flags that reach the JVM from the new image and the edited pod. */
function flagsAfter(question: DeliveryQuestion, removed: OptionsRemoved, start: StartCommand): ReturnType<typeof agentJars> {
  const { facts, configMaps, files, policy } = question;
  const own = facts.config.env.map(([name, value]) => [name, removed.imageEnv[name] ?? value] as const);
  const added = Object.entries(removed.imageEnv).filter(([name]) => !own.some(([each]) => each === name));
  const config = { ...facts.config, ...start, env: [...own, ...added] };
  const ours = Object.entries(files).map(([name, bytes]) => [`${policy.to.home}/files/${name}`, new TextDecoder().decode(bytes)] as const);
  const after = readContainer(editContainer(question.container, removed.podEdits), {
    facts: { ...facts, config },
    configMaps,
    texts: new Map([...removed.texts, ...ours]),
  });
  return agentJars(after.options);
}

function layerFor(
  question: DeliveryQuestion,
  place: OldPlace,
): { readonly changes: readonly LayerChange[]; readonly removes: readonly string[]; readonly stays: readonly string[] } {
  const link = standIn(question, place.jar);
  const all = place.children.map((name) => `${place.folder}/${name}`).filter((path) => path !== place.jar);
  if (canBeEmptied(question, place)) return { changes: [{ kind: 'opaque', path: place.folder }, link], removes: all, stays: [] };
  const removes = removableChildren(question, place);
  return { changes: [link, ...removes.map((path) => ({ kind: 'whiteout', path }) as const)], removes, stays: all.filter((path) => !removes.includes(path)) };
}

/** Other agents that came before the old one and now come after the new one, as some must be first. */
function orderFindings(question: DeliveryQuestion, after: readonly string[]): readonly Finding[] {
  const before = agentJars(question.reading.options).map((flag) => flag.jarPath);
  const ahead = before.slice(0, before.indexOf(question.old[0].jarPath));
  const overtaken = ahead.filter((path) => after.indexOf(path) > after.indexOf(newJarPath(question.policy)));
  return overtaken.length === 0 ? [] : [{ id: 'agent-order-changes', severity: 'warn', params: { paths: overtaken } }];
}

function sourceName({ source }: JvmOption): string {
  return source.kind === 'image-file' ? source.path : 'name' in source ? source.name : source.kind;
}
