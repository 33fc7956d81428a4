import { agentJars, finalPath } from '../agents/agent-jar.ts';
import type { Finding } from '../finding.ts';
import type { LayerChange } from '../image/path-layer.ts';
import type { JvmOption } from '../jvm/jvm-option.ts';
import { editContainer } from '../workload/edit-container.ts';
import { chooseCarrier } from './choose-carrier.ts';
import { newJarPath, refuse, standIn, type DeliveryAnswer, type DeliveryQuestion, type RefusedDelivery } from './delivery.ts';
import { canBeEmptied, removableChildren } from './old-folder.ts';
import { findOldPlace, homeProblem, mountOver, parentOf, type OldPlace } from './old-place.ts';
import { readContainer } from './read-container.ts';
import { removeOldOptions, type OptionsRemoved } from './remove-options.ts';

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
  const start = startOf(question, removed);
  const problem = startProblem(question, removed, start);
  if (problem) return problem;
  const remaining = flagsAfter(question, removed, start).filter((flag) => flag.jarPath !== newJarPath(question.policy));
  const kept = remaining.filter((flag) => question.old.some((each) => each.jarPath === flag.jarPath));
  const unreachable = kept.find((flag) => place.kind === 'refused' || flag.option.source.kind !== 'image-file');
  if (unreachable) return refuse('option-not-editable', { carrier: unreachable.option.carrier, source: sourceName(unreachable.option) });
  const carrier = kept.length > 0 ? undefined : chooseCarrier(question);
  if (carrier?.kind === 'refused') return carrier;
  const made: OptionsRemoved = carrier ? { ...removed, imageEnv: { ...removed.imageEnv, [carrier.name]: carrier.value } } : removed;
  const flags = flagsAfter(question, made, start);
  if (carrier && !flags.some((flag) => flag.jarPath === newJarPath(question.policy))) return refuse('no-carrier', { because: 'not-reached' });
  const layer = place.kind === 'proven' ? layerFor(question, place) : { changes: [], removes: [], stays: [parentOf(question.old[0].jarPath)] };
  return {
    kind: 'possible',
    changes: [...layer.changes, ...fileChanges(question, removed.texts)],
    imageEnv: made.imageEnv,
    ...start,
    podEdits: removed.podEdits,
    removes: layer.removes,
    stays: layer.stays,
    findings: [
      ...removed.findings,
      ...(removed.podEdits.length > 0 ? [{ id: 'coupled-flag', severity: 'warn', params: {} } as const] : []),
      ...kept.map((flag): Finding => ({ id: 'script-not-edited', severity: 'warn', params: { path: sourceName(flag.option) } })),
      ...(place.kind === 'refused'
        ? [{ id: 'old-agent-stays', severity: 'info', params: { path: question.old[0].jarPath, because: place.finding.id } } as const]
        : []),
      ...(start.entrypoint && hasCommand(question) && question.policy.image.entrypoint
        ? [{ id: 'entrypoint-hidden', severity: 'warn', params: {} } as const]
        : []),
      ...orderFindings(question, flags),
    ],
  };
}

interface Start {
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
}

/** ENTRYPOINT and CMD: those without the old options, as the arguments of the policy's start command where there is one. */
function startOf(question: DeliveryQuestion, removed: OptionsRemoved): Start {
  const { config } = question.facts;
  const { entrypoint: given } = question.policy.image;
  const { entrypoint, cmd } = removed;
  if (!given) return { ...(entrypoint ? { entrypoint } : {}), ...(cmd ? { cmd } : {}) };
  const old = entrypoint ?? config.entrypoint;
  // `args` of the pod take CMD's place: ENTRYPOINT is then where the old one is safe from them.
  if (question.container.args?.length && !hasCommand(question)) return { entrypoint: [...given, ...old], ...(cmd ? { cmd } : {}) };
  return { entrypoint: given, cmd: [...old, ...(cmd ?? config.cmd)] };
}

function startProblem(question: DeliveryQuestion, removed: OptionsRemoved, start: Start): RefusedDelivery | undefined {
  const { facts, policy, container } = question;
  const [program = ''] = policy.image.entrypoint ?? [];
  const isOurs = Object.keys(question.files).some((name) => program === `${policy.to.home}/files/${name}`);
  if (program.startsWith('/') && facts.files && !isOurs && finalPath(facts.files, program) === undefined)
    return refuse('entrypoint-not-in-image', { path: program });
  const covered = mountOver(question, [...removed.texts.keys()]);
  if (covered) return refuse('mounted-over', covered);
  // Without any `command`, or without any `args`, the image's own would come into force.
  const after = editContainer(container, removed.podEdits);
  const emptied = (field: 'command' | 'args'): boolean => Boolean(container[field]?.length) && !after[field]?.length;
  const hidden = start.cmd ?? facts.config.cmd;
  if (emptied('command') || (emptied('args') && !hasCommand(question) && hidden.length > 0)) return refuse('command-would-be-empty', {});
  return undefined;
}

/** The `-javaagent:` flags that reach the JVM from the new image and the edited pod. */
function flagsAfter(question: DeliveryQuestion, removed: OptionsRemoved, start: Start): ReturnType<typeof agentJars> {
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

/** Scripts and option files with their own mode and owner. */
function fileChanges({ facts }: DeliveryQuestion, texts: ReadonlyMap<string, string>): readonly LayerChange[] {
  return [...texts].map(([path, text]): LayerChange => {
    const { mode, uid, gid } = facts.files?.entry(path) ?? { mode: 0o644, uid: 0, gid: 0 };
    return { kind: 'file', path, bytes: new TextEncoder().encode(text), mode, uid, gid };
  });
}

/** Other agents that came before the old one and now come after the new one, as some must be first. */
function orderFindings(question: DeliveryQuestion, flags: ReturnType<typeof agentJars>): readonly Finding[] {
  const before = agentJars(question.reading.options).map((flag) => flag.jarPath);
  const ahead = before.slice(0, before.indexOf(question.old[0].jarPath));
  const after = flags.map((flag) => flag.jarPath);
  const overtaken = ahead.filter((path) => after.indexOf(path) > after.indexOf(newJarPath(question.policy)));
  return overtaken.length === 0 ? [] : [{ id: 'agent-order-changes', severity: 'warn', params: { paths: overtaken } }];
}

function hasCommand({ container }: DeliveryQuestion): boolean {
  return Boolean(container.command?.length);
}

function sourceName({ source }: JvmOption): string {
  return source.kind === 'image-file' ? source.path : 'name' in source ? source.name : source.kind;
}
