import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { machineLock } from './paths.ts';
import { identify } from './processes.ts';

const waitSeconds = 1800;

/**
 * Runs the work while no other lab command changes anything on this machine. The lock is the kernel's (flock), held by a small child that
 * lives exactly as long as its standard input, which is ours: killing us in whatever way frees it. The file names the holder for people.
 */
export async function withMachineLock<T>(work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(machineLock), { recursive: true });
  const holder = spawn('flock', ['-w', String(waitSeconds), machineLock, 'sh', '-c', 'echo locked; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  holder.stdin.on('error', () => undefined);
  const { promise: taken, resolve, reject } = Promise.withResolvers<void>();
  const notice = setTimeout(() => process.stderr.write(`Waiting for another lab command (${readFileSync(machineLock, 'utf8').trim() || 'unknown'})\n`), 1000);
  holder.stdout.once('data', () => resolve());
  holder.once('error', reject);
  holder.once('close', () => reject(new Error(`Another lab command held ${machineLock} for ${waitSeconds} s; see it with: cat ${machineLock}`)));
  await taken.finally(() => clearTimeout(notice));
  writeFileSync(machineLock, `${JSON.stringify({ ...identify(process.pid), command: process.argv.slice(1).join(' ') })}\n`);
  try {
    return await work();
  } finally {
    writeFileSync(machineLock, '');
    holder.stdin.end();
  }
}
