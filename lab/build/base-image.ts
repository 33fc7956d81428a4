import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { paths, sources } from '../paths.ts';
import { runCommand } from '../run-command.ts';
import { versions } from '../versions.ts';
import { digestOf } from './part.ts';
import type { Part } from './part.ts';

/** The file system every JVM service is built on: Debian with its OpenJDK 17 and Tomcat 10, as a compressed layer. */
export const baseImagePart: Part = {
  name: 'base-image',
  inputs: () => `${versions.debian} ${digestOf('image/make-base.sh')}`,
  outputs: [paths.baseImage],
  make: async (log) => {
    const work = join(paths.images, 'rootfs');
    mkdirSync(paths.images, { recursive: true });
    rmSync(work, { recursive: true, force: true });
    // In a mount namespace of its own, whatever the script mounts is gone when it ends, however it ends.
    const script = ['--mount', '--propagation', 'private', 'sh', join(sources, 'image', 'make-base.sh'), versions.debian, work, `${paths.baseImage}.new`];
    await runCommand('unshare', script, { log });
    renameSync(`${paths.baseImage}.new`, paths.baseImage);
    rmSync(work, { recursive: true, force: true });
  },
};
