import { join } from 'node:path';
import { compare, run } from './measure.ts';

const TARGET_MS = 150;

/** How long the help takes to appear, against the same Node doing nothing. */
export async function benchHelp(): Promise<object> {
  const program = join(import.meta.dirname, '../bin/changeover');
  const ours = () => run([program, '--help']);
  const peer = () => run([process.execPath, '-e', '0']);
  await ours();
  await peer();
  const compared = await compare(15, ours, peer);
  return { commands: { ours: 'changeover --help', peer: 'node -e 0' }, ...compared, targetMs: TARGET_MS, met: compared.medianMs.ours < TARGET_MS };
}
