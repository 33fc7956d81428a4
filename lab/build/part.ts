import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { paths, sources } from '../paths.ts';

/** One thing `build` makes. Parts are made in order and may use those before them. */
export interface Part {
  readonly name: string;
  /** Names what the part is made of: when it differs from the stamp of the last build, the part is made again. */
  readonly inputs: () => string;
  /** Files and folders without which the part is not there, whatever the stamp says. */
  readonly outputs: readonly string[];
  /** Whether finished outputs of the right version lie there without a stamp. */
  readonly adopt?: () => Promise<boolean>;
  readonly make: (log: string) => Promise<void>;
}

/** Whether the part was made from its present inputs. */
export function isStamped(part: Part): boolean {
  const stamp = stampOf(part);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === part.inputs() && part.outputs.every((output) => existsSync(output));
}

/** Records that the part was made. */
export function stamp(part: Part): void {
  mkdirSync(paths.stamps, { recursive: true });
  writeFileSync(stampOf(part), part.inputs());
}

/** A digest over the contents of files and folders of the lab's sources: the same in every checkout. */
export function digestOf(...names: readonly string[]): string {
  const hash = createHash('sha256');
  for (const name of names) for (const file of filesIn(join(sources, name))) hash.update(`${relative(sources, file)}\0`).update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

function stampOf(part: Part): string {
  return join(paths.stamps, part.name);
}

function filesIn(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .filter((name) => name !== 'target')
    .flatMap((name) => filesIn(join(path, name)));
}
