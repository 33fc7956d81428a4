import { debianPackages } from '../versions.ts';
import { runCommand, tryCommand } from '../run-command.ts';
import type { Part } from './part.ts';

/** The Debian packages the lab uses on this machine. */
export const debianPackagesPart: Part = {
  name: 'debian-packages',
  inputs: () => debianPackages.join(' '),
  outputs: [
    '/usr/bin/docker-registry',
    '/usr/bin/buildah',
    '/usr/bin/umoci',
    '/usr/bin/skopeo',
    '/usr/sbin/debootstrap',
    '/usr/sbin/runc',
    '/usr/sbin/nft',
    '/usr/bin/openssl',
  ],
  adopt: async () => await tryCommand('dpkg', ['-s', ...debianPackages]),
  make: async (log) => {
    if (process.getuid?.() !== 0) throw new Error('The lab needs root: it installs packages and starts a Kubernetes node on this machine.');
    await runCommand('apt-get', ['update'], { log });
    await runCommand('apt-get', ['install', '-y', '--no-install-recommends', ...debianPackages], { log, env: { DEBIAN_FRONTEND: 'noninteractive' } });
    // Debian starts a registry of its own; the lab starts the program itself, where and when it is needed.
    await tryCommand('systemctl', ['disable', '--now', 'docker-registry.service'], { log });
  },
};
