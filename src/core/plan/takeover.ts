import type { Finding } from '../finding.ts';
import type { ImageFacts, ImageFiles } from '../image/image-facts.ts';
import type { LayerChange } from '../image/path-layer.ts';
import { isJsonObject, type Json } from '../json.ts';
import type { Policy } from '../policy/policy.ts';
import { containers, podSpec } from '../workload/pod-template.ts';
import type { Container, Workload } from '../workload/workload.ts';

/** What the per-path layer of a takeover does, and what it leaves. Paths are absolute. */
export interface TakeoverLayer {
  readonly kind: 'possible';
  readonly changes: readonly LayerChange[];
  readonly removes: readonly string[];
  readonly stays: readonly string[];
}

export type TakeoverAnswer = TakeoverLayer | { readonly kind: 'refused'; readonly finding: Finding };

export interface TakeoverQuestion {
  readonly workload: Workload;
  readonly container: Container;
  readonly facts: ImageFacts;
  /** The old agent's jar as the option names it. */
  readonly jarPath: string;
  readonly policy: Policy;
}

/** Folders and files of a SkyWalking agent that nothing reads once its jar is gone; `config` stays, settings are read from it. */
const removable = ['plugins', 'activations', 'optional-plugins', 'bootstrap-plugins', 'optional-reporter-plugins', 'expired-plugins', 'licenses', 'LICENSE', 'NOTICE'];
const movers = /(^|[\s;&|(])(cp|mv|rm|ln|rsync|install|curl|wget|tar|unzip)\s/;

/**
 * Whether the new agent can take the old jar's place (conditions a to c of the takeover; push right and predecessor are
 * asked of the registry). Answers with the layer's changes, or with the first condition that fails and why. Pure.
 */
export function planTakeover(question: TakeoverQuestion): TakeoverAnswer {
  const { facts, jarPath, policy } = question;
  const { files } = facts;
  if (!files) return refuse('layers-not-scanned', { reason: facts.scanProblem ?? 'the layer scan is off' });
  const jar = files.physicalPath(jarPath);
  if (jar === undefined || files.entry(jar) === undefined) return refuse('jar-not-in-image', { path: jarPath });
  const home = policy.to.home;
  if (files.entry(home) !== undefined && facts.ours === undefined) return refuse('home-taken', { path: home });
  const mount = mountOver(question, [jarPath, jar], home);
  if (mount !== undefined) return refuse('mounted-over', { path: mount.path, mount: mount.mount });
  const moved = movedByScript(question, files);
  if (moved !== undefined) return refuse('jar-moved-by-script', moved);
  return { kind: 'possible', ...layerFor(question, files, jar) };
}

function layerFor(question: TakeoverQuestion, files: ImageFiles, jar: string): Omit<TakeoverLayer, 'kind'> {
  const folder = parentOf(jar);
  const children = files.children(folder);
  const isAgentFolder = children.includes('plugins') || children.includes('config');
  const gone = question.policy.image.removeOld === 'auto' && isAgentFolder ? children.filter((name) => removable.includes(name) && !isUsed(question, files, `${folder}/${name}`)) : [];
  const removes = gone.map((name) => `${folder}/${name}`);
  const stays = children.map((name) => `${folder}/${name}`).filter((path) => path !== jar && !removes.includes(path));
  const changes: readonly LayerChange[] = [
    { kind: 'symlink', path: jar, target: `${question.policy.to.home}/agent/javaagent.jar` },
    ...removes.map((path) => ({ kind: 'whiteout', path }) as const),
  ];
  return { changes, removes, stays };
}

function isUsed(question: TakeoverQuestion, files: ImageFiles, path: string): boolean {
  const { workingDir, volumes } = question.facts.config;
  if ([workingDir, ...volumes].some((used) => used === path || used.startsWith(`${path}/`))) return true;
  return scriptTexts(question, files).some(({ text }) => text.includes(path));
}

function mountOver(question: TakeoverQuestion, jarPaths: readonly string[], home: string): { readonly path: string; readonly mount: string } | undefined {
  const mounts = question.workload.pods
    .flatMap((pod) => containers(podSpec(pod)))
    .filter((each) => each.name === question.container.name)
    .flatMap((each) => (Array.isArray(each['volumeMounts']) ? each['volumeMounts'].filter(isJsonObject) : []))
    .map((mount) => (typeof mount['mountPath'] === 'string' ? mount['mountPath'].replace(/\/+$/, '') : ''));
  for (const mount of mounts) {
    const over = jarPaths.find((path) => path === mount || path.startsWith(`${mount}/`));
    if (over !== undefined) return { path: over, mount: mount === '' ? '/' : mount };
    if (mount === home || mount.startsWith(`${home}/`) || home.startsWith(`${mount}/`)) return { path: home, mount };
  }
  return undefined;
}

function movedByScript(question: TakeoverQuestion, files: ImageFiles): { readonly where: string; readonly line: string } | undefined {
  const folder = parentOf(question.jarPath);
  const name = question.jarPath.slice(folder.length + 1);
  for (const { where, text } of scriptTexts(question, files)) {
    const line = text.split('\n').find((each) => !each.trimStart().startsWith('#') && movers.test(each) && (each.includes(folder) || each.includes(name)));
    if (line !== undefined) return { where, line: line.trim().slice(0, 200) };
  }
  return undefined;
}

/** Commands of container and image, lifecycle hooks, and the scripts of the image these name. */
function scriptTexts(question: TakeoverQuestion, files: ImageFiles): readonly { readonly where: string; readonly text: string }[] {
  const { container, facts } = question;
  const commands = [...(container.command ?? facts.config.entrypoint), ...(container.args ?? (container.command ? [] : facts.config.cmd)), ...lifecycleCommands(container)];
  const named = commands.flatMap((word) => word.split(/\s+/)).filter((word) => /^[\w./-]+$/.test(word));
  const scripts = named.flatMap((word) => {
    const path = word.startsWith('/') ? word : `${facts.config.workingDir.replace(/\/$/, '')}/${word.replace(/^\.\//, '')}`;
    const physical = files.physicalPath(path);
    const text = physical === undefined ? undefined : files.text(physical);
    return text === undefined ? [] : [{ where: `image file ${path}`, text }];
  });
  return [{ where: 'the command', text: commands.join('\n') }, ...scripts];
}

function lifecycleCommands(container: Container): readonly string[] {
  const lifecycle = isJsonObject(container['lifecycle']) ? container['lifecycle'] : {};
  return ['postStart', 'preStop'].flatMap((hook) => {
    const handler = lifecycle[hook];
    const exec = isJsonObject(handler) && isJsonObject(handler['exec']) ? handler['exec']['command'] : undefined;
    return Array.isArray(exec) ? exec.filter((word): word is string => typeof word === 'string') : [];
  });
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function refuse(id: string, params: { readonly [name: string]: Json }): TakeoverAnswer {
  return { kind: 'refused', finding: { id, severity: 'block', params } };
}
