import { finalPath } from '../agents/agent-jar.ts';
import type { Finding } from '../finding.ts';
import type { ImageFiles } from '../image/image-facts.ts';
import { isJsonObject } from '../json.ts';
import { absolutePath } from '../jvm/absolute-path.ts';
import { redact } from '../redact.ts';
import { containers, podSpec } from '../workload/pod-template.ts';
import type { Container } from '../workload/workload.ts';
import { broughtBy } from './brought-agent.ts';
import { refuse, type DeliveryQuestion, type Refusal } from './delivery.ts';
import { textOf } from './read-container.ts';

/** The old agent's place in the image, proven to be what the container sees. Paths are physical. */
export interface OldPlace {
  readonly kind: 'proven';
  readonly files: ImageFiles;
  /** What the flag's path names: a file or a symlink. */
  readonly jar: string;
  /** The folder of the jar itself. */
  readonly folder: string;
  /** Names in that folder. */
  readonly children: readonly string[];
}

const movers = /(^|[\s;&|(])(cp|mv|rm|ln|rsync|install|curl|wget|tar|unzip)\s/;

/**
 * Proves the old jar's place (conditions a to c of a takeover): it is in the image's layers, nothing is mounted over it, and
 * no command of the container moves, copies or fetches it. Answers with the first condition that fails and why.
 */
export function findOldPlace(question: DeliveryQuestion): OldPlace | Refusal {
  const { facts } = question;
  const { jarPath } = question.old[0];
  const { files } = facts;
  if (!files) return refuse('layers-not-scanned', { reason: facts.scanProblem ?? 'the layer scan is off' });
  // A jar that comes from a volume is not in the image either; the volume is what its owner needs to hear of.
  const covered = mountOver(question, [jarPath]);
  if (covered) return refuseCovered(question, covered);
  const jar = files.physicalPath(jarPath);
  const final = finalPath(files, jarPath);
  if (jar === undefined || final === undefined) return refuse('jar-not-in-image', { path: jarPath });
  const mount = mountOver(question, [jar, final]);
  if (mount) return refuse('mounted-over', mount);
  const moved = movedByScript(question);
  if (moved) return refuse('jar-moved-by-script', moved);
  const folder = parentOf(final);
  return { kind: 'proven', files, jar, folder, children: files.children(folder) };
}

/** A jar on a volume that another container fills comes from that one's image: it is the one that would have to be rewritten. */
function refuseCovered({ workload, container }: DeliveryQuestion, covered: { readonly path: string; readonly mount: string }): Refusal {
  const by = broughtBy(workload, container.name, covered.mount);
  return by ? refuse('agent-copied-from', { ...covered, container: by.name, image: by.image }) : refuse('mounted-over', covered);
}

/** Why the new agent's home cannot be its own: the image has it already, or a volume covers it. */
export function homeProblem(question: DeliveryQuestion): Finding | undefined {
  const { facts, policy } = question;
  const { home } = policy.to;
  if (facts.files?.entry(home) !== undefined && facts.ours === undefined) return refuse('home-taken', { path: home }).finding;
  const mount = mountOver(question, [home]) ?? mountBelow(question, home);
  return mount && refuse('mounted-over', mount).finding;
}

/** The mount of a live pod at or above one of the paths. */
export function mountOver(question: DeliveryQuestion, paths: readonly string[]): { readonly path: string; readonly mount: string } | undefined {
  for (const mount of mountPaths(question)) {
    const path = paths.find((each) => each === mount || each.startsWith(`${mount}/`));
    if (path !== undefined) return { path, mount: mount === '' ? '/' : mount };
  }
  return undefined;
}

/** The mount of a live pod at or inside a folder. */
export function mountBelow(question: DeliveryQuestion, path: string): { readonly path: string; readonly mount: string } | undefined {
  const mount = mountPaths(question).find((each) => each === path || each.startsWith(`${path}/`));
  return mount === undefined ? undefined : { path, mount };
}

/** Commands of container and image, lifecycle hooks, and the scripts of the image these lead to. */
export function scriptTexts(question: DeliveryQuestion): readonly { readonly where: string; readonly text: string }[] {
  const { container, facts, reading } = question;
  const commands = [
    ...(container.command ?? facts.config.entrypoint),
    ...(container.args ?? (container.command ? [] : facts.config.cmd)),
    ...lifecycleCommands(container),
  ];
  const named = commands.flatMap((word) => word.split(/\s+/)).filter((word) => /^[\w./-]+$/.test(word));
  const paths = new Set([...named.map((word) => absolutePath(word, facts.config.workingDir)), ...(reading.options.scripts ?? [])]);
  const scripts = [...paths].flatMap((path) => {
    const text = textOf(facts, path);
    return text === undefined ? [] : [{ where: `image file ${path}`, text }];
  });
  return [{ where: 'the command', text: commands.join('\n') }, ...scripts];
}

/** The folders a container works in, and those it declares as volumes. */
export function workFolders({ facts, container }: DeliveryQuestion): readonly string[] {
  const own = typeof container['workingDir'] === 'string' ? [container['workingDir']] : [];
  return [facts.config.workingDir, ...own, ...facts.config.volumes];
}

/** The folder a path lies in. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function mountPaths(question: DeliveryQuestion): readonly string[] {
  return question.workload.pods
    .flatMap((pod) => containers(podSpec(pod)))
    .filter((each) => each.name === question.container.name)
    .flatMap((each) => (Array.isArray(each['volumeMounts']) ? each['volumeMounts'].filter(isJsonObject) : []))
    .map((mount) => (typeof mount['mountPath'] === 'string' ? mount['mountPath'].replace(/\/+$/, '') : ''));
}

function movedByScript(question: DeliveryQuestion): { readonly where: string; readonly line: string } | undefined {
  const { jarPath } = question.old[0];
  const folder = parentOf(jarPath);
  const name = jarPath.slice(folder.length + 1);
  for (const { where, text } of scriptTexts(question)) {
    const line = text.split('\n').find((each) => !each.trimStart().startsWith('#') && movers.test(each) && (each.includes(folder) || each.includes(name)));
    if (line !== undefined) return { where, line: redact(line.trim()).slice(0, 200) };
  }
  return undefined;
}

function lifecycleCommands(container: Container): readonly string[] {
  const lifecycle = isJsonObject(container['lifecycle']) ? container['lifecycle'] : {};
  return ['postStart', 'preStop'].flatMap((hook) => {
    const handler = lifecycle[hook];
    const exec = isJsonObject(handler) && isJsonObject(handler['exec']) ? handler['exec']['command'] : undefined;
    return Array.isArray(exec) ? exec.filter((word): word is string => typeof word === 'string') : [];
  });
}
