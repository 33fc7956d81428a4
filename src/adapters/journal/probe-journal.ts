import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ChangeoverError } from '../../core/error.ts';

/** Proves that journals can be written below a folder (made where it is missing, 0700) and returns it. Leaves no file. Throws `usage` naming the folder. */
export async function probeJournal(directory: string): Promise<string> {
  const path = join(directory, `.probe-${process.pid}`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile('probe\n');
      await file.sync();
    } finally {
      await file.close();
      await rm(path);
    }
    return directory;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = 'Make it writable, free some space, or set XDG_STATE_HOME to another folder.';
    throw new ChangeoverError('usage', `journals cannot be written in ${directory}: ${reason}`, { target: directory, hint, cause });
  }
}
