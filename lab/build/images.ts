import { spawn } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { images } from '../fleet/images.ts';
import type { ImageSpec, LayerName } from '../fleet/images.ts';
import { paths, sources } from '../paths.ts';
import { runCommand } from '../run-command.ts';
import { writeRegistryConfig } from '../up/control-plane.ts';
import { waitUntil } from '../wait-until.ts';
import { archiveFolder, makeLayer } from './layers.ts';
import { javaPart } from './java.ts';
import { baseImagePart } from './base-image.ts';
import { digestOf } from './part.ts';
import type { Part } from './part.ts';

/** Beside the lab's registry, which may be up while images are built. */
const address = '127.0.0.1:15001';
const platform = ['--platform', 'linux/amd64'];

/** A registry's storage with every image of the lab. */
export const imagesPart: Part = {
  name: 'images',
  inputs: () => [digestOf('image', 'fleet/images.ts', 'build/layers.ts', 'build/images.ts'), baseImagePart.inputs(), javaPart.inputs()].join(' '),
  outputs: [paths.pristineRegistry],
  make: async (log) => {
    const storage = `${paths.pristineRegistry}.new`;
    rmSync(storage, { recursive: true, force: true });
    mkdirSync(storage, { recursive: true });
    const registry = spawn('docker-registry', ['serve', writeRegistryConfig(storage, address, paths.images)], { stdio: 'ignore' });
    try {
      await waitUntil(async () => (await fetch(`http://${address}/v2/`)).ok, { what: `a registry on ${address}`, timeoutMs: 20_000 });
      await pushPause(log);
      await pushImages(log);
    } finally {
      registry.kill();
    }
    rmSync(paths.pristineRegistry, { recursive: true, force: true });
    renameSync(storage, paths.pristineRegistry);
  },
};

/** `pause:1` holds a pod's namespaces, stands in for sidecars, and is the service that has no JVM. */
async function pushPause(log: string): Promise<void> {
  const root = join(paths.images, 'pause');
  mkdirSync(root, { recursive: true });
  await runCommand('gcc', ['-static', '-Os', '-o', join(root, 'pause'), join(sources, 'image', 'pause.c')], { log });
  await crane(log, 'append', '--oci-empty-base', ...platform, '-f', await archiveFolder(root), '-t', `${address}/pause:1`);
  await crane(log, 'mutate', `${address}/pause:1`, '--entrypoint', '/pause', '--set-platform', 'linux/amd64', '-t', `${address}/pause:1`);
  await crane(log, 'copy', `${address}/pause:1`, `${address}/shop/web:1.0`);
}

async function pushImages(log: string): Promise<void> {
  const base = `${address}/base/tomcat:1`;
  await crane(log, 'append', '--oci-empty-base', ...platform, '-f', paths.baseImage, '-t', base);
  const archives = new Map<LayerName, string>();
  for (const name of new Set(images.flatMap((image) => image.layers))) archives.set(name, await makeLayer(name));
  for (const image of images) await pushImage(image, { base, archives, log });
}

async function pushImage(
  image: ImageSpec,
  from: { readonly base: string; readonly archives: ReadonlyMap<LayerName, string>; readonly log: string },
): Promise<void> {
  const reference = `${address}/${image.repository}:${image.tag}`;
  const layers = image.layers.flatMap((name) => ['-f', from.archives.get(name) ?? name]);
  await crane(from.log, 'append', '-b', from.base, ...platform, ...layers, '-t', reference);
  const env = Object.entries(image.env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const run = [
    '--entrypoint',
    image.entrypoint.join(','),
    '--user',
    '1000:1000',
    '--workdir',
    image.workingDir ?? '/app',
    '--exposed-ports',
    '8080/tcp',
    '--label',
    `org.opencontainers.image.title=${image.repository}`,
  ];
  await crane(from.log, 'mutate', reference, ...run, ...env, '--set-platform', 'linux/amd64', '-t', reference);
}

async function crane(log: string, ...args: readonly string[]): Promise<void> {
  await runCommand(join(paths.bin, 'crane'), args, { log });
}
