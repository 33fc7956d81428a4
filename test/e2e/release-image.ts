import { join } from 'node:path';
import { paths } from '../../lab/paths.ts';
import { runCommand } from '../../lab/run-command.ts';

/** What a team's next release is to us: the image of before with something of its own on top. Returns the reference. */
export async function releaseImage(image: string, tag: string): Promise<string> {
  const reference = image.replace(/:[^:/]+$/, `:${tag}`);
  await runCommand(join(paths.bin, 'crane'), ['mutate', image, '--label', `release=${tag}`, '-t', reference]);
  return reference;
}
