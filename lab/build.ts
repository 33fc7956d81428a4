import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { baseImagePart } from './build/base-image.ts';
import { debianPackagesPart } from './build/debian-packages.ts';
import { goParts } from './build/go-programs.ts';
import { imagesPart } from './build/images.ts';
import { agentsPart, javaPart } from './build/java.ts';
import { isStamped, stamp } from './build/part.ts';
import type { Part } from './build/part.ts';
import { paths } from './paths.ts';

/** Everything `build` makes, in order. */
const parts: readonly Part[] = [debianPackagesPart, ...goParts, agentsPart, javaPart, baseImagePart, imagesPart];

/** Makes what is missing or outdated. Telling that nothing is takes well under a second. */
export async function buildLab(say: (line: string) => void): Promise<void> {
  mkdirSync(paths.buildLog, { recursive: true });
  for (const [index, part] of parts.entries()) {
    const title = `[${String(index + 1).padStart(2)}/${parts.length}] ${part.name.padEnd(16)}`;
    const found = await find(part);
    if (found === undefined) say(`${title} building (log: ${join(paths.buildLog, part.name)}.log)`);
    const start = performance.now();
    if (found === undefined) await makePart(part);
    say(`${title} ${found ?? `built in ${((performance.now() - start) / 1000).toFixed(1)} s`}`);
  }
}

/** The names of the parts that are not there in their present version. Asks stamps alone. */
export function missingParts(): readonly string[] {
  return parts.filter((part) => !isStamped(part)).map((part) => part.name);
}

async function find(part: Part): Promise<string | undefined> {
  if (isStamped(part)) return 'cached';
  if (part.adopt === undefined || !(await part.adopt())) return undefined;
  stamp(part);
  return 'found';
}

async function makePart(part: Part): Promise<void> {
  const log = join(paths.buildLog, `${part.name}.log`);
  rmSync(log, { force: true });
  await part.make(log);
  stamp(part);
}
