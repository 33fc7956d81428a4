import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeRegistryConfig } from '../lab/up/control-plane.ts';
import { NotBuilt } from './not-built.ts';
import { freePort, type Scratch } from './scratch.ts';

/** Starts Debian's `docker-registry`, empty, and returns its address. */
export async function startRegistry(scratch: Scratch): Promise<string> {
  if (spawnSync('docker-registry', ['--version']).error) throw new NotBuilt('docker-registry');
  const storage = join(scratch.folder, 'registry');
  mkdirSync(storage);
  const address = `127.0.0.1:${await freePort()}`;
  const config = writeRegistryConfig(storage, address, scratch.folder);
  await scratch.start('docker-registry', ['docker-registry', 'serve', config], async () => (await fetch(`http://${address}/v2/`)).ok);
  return address;
}
