import type { DeliveryQuestion } from './delivery.ts';
import { mountBelow, scriptTexts, workFolders, type OldPlace } from './old-place.ts';

/** Folders and files of a SkyWalking agent that nothing reads once its jar is gone; `config` stays, settings are read from it. */
const removable = [
  'plugins',
  'activations',
  'optional-plugins',
  'bootstrap-plugins',
  'optional-reporter-plugins',
  'expired-plugins',
  'licenses',
  'LICENSE',
  'NOTICE',
];
const others = ['config', 'logs'];

/** Paths of the old agent's parts that can go: known names which nothing of the container uses. None unless `image.removeOld` is `auto`. */
export function removableChildren(question: DeliveryQuestion, place: OldPlace): readonly string[] {
  if (question.policy.image.removeOld !== 'auto' || !isAgentFolder(place)) return [];
  return place.children.filter((name) => removable.includes(name) && !isUsed(question, place, name)).map((name) => `${place.folder}/${name}`);
}

/** Whether the folder holds nothing but the agent, and nothing works in it, keeps data in it or reads from it: then it can be emptied. */
export function canBeEmptied(question: DeliveryQuestion, place: OldPlace): boolean {
  const { folder, children, files } = place;
  if (question.policy.image.removeOld !== 'auto') return false;
  const isKnown = (name: string): boolean => removable.includes(name) || others.includes(name) || /^skywalking-agent[\w.-]*\.jar$/.test(name);
  if (!children.every((name) => isKnown(name) || `${folder}/${name}` === place.jar)) return false;
  // A link into another folder would empty that one.
  if (children.some((name) => files.entry(`${folder}/${name}`)?.type === 'symlink' && !name.endsWith('.jar'))) return false;
  return !isBelow(question, folder) && !namesFolder(question, place) && !children.some((name) => isUsed(question, place, name));
}

/** The agent's own files prove it: an application may have a folder `plugins` beside the jar as well. */
function isAgentFolder({ files, folder }: OldPlace): boolean {
  const parts = ['plugins', 'activations'].flatMap((name) => files.children(`${folder}/${name}`));
  return files.entry(`${folder}/config/agent.config`) !== undefined || parts.some((name) => /^apm-.*\.jar$/.test(name));
}

function isUsed(question: DeliveryQuestion, place: OldPlace, name: string): boolean {
  const path = `${place.folder}/${name}`;
  if (path === place.jar) return false;
  const afterVariable = new RegExp(String.raw`(?:\$\w+|[}"')\x60])/${escapeRegExp(name)}(?![\w.-])`);
  const asWord = new RegExp(String.raw`(?<![\w.-])${escapeRegExp(name)}(?![\w.-])`);
  const byName = namesFolder(question, place);
  return isBelow(question, path) || scriptTexts(question).some(({ text }) => afterVariable.test(text) || (byName && asWord.test(text)));
}

/** Something is kept at or below the path, or works there. */
function isBelow(question: DeliveryQuestion, path: string): boolean {
  return mountBelow(question, path) !== undefined || workFolders(question).some((used) => used === path || used.startsWith(`${path}/`));
}

/** A command or script names the folder otherwise than in the jar's own path. */
function namesFolder(question: DeliveryQuestion, place: OldPlace): boolean {
  const { jarPath } = question.old[0];
  const folders = [place.folder, jarPath.slice(0, jarPath.lastIndexOf('/'))];
  const isNamed = (text: string, folder: string): boolean => new RegExp(String.raw`${escapeRegExp(folder)}(?![\w.-])`).test(text);
  return scriptTexts(question).some(({ text }) => folders.some((folder) => isNamed(text.replaceAll(jarPath, ''), folder)));
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
