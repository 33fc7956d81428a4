import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { startRegistry } from '../../bench/registry.ts';
import { withScratch, type Scratch } from '../../bench/scratch.ts';
import { listTree, type Tree } from './list-tree.ts';

/** Who unpacks: umoci by the image-spec's own words, buildah by copying (vfs) and by the kernel's overlay, as containerd and CRI-O do it. */
export const unpackers = ['umoci', 'vfs', 'overlay'] as const;
export type Unpacker = (typeof unpackers)[number];

/** How buildah lays out files. */
export type Driver = Exclude<Unpacker, 'umoci'>;

interface Recipe {
  readonly dockerfile: string;
  readonly context: { readonly [file: string]: Uint8Array };
}

/** Programs of others that read images, with a registry of their own and mounts that nobody else sees. */
export interface ImageTools {
  /** Address of an empty registry. */
  readonly registry: string;
  /** Builds a Dockerfile on the files as one driver shows them, and pushes the result. */
  build(driver: Driver, recipe: Recipe, reference: string): Promise<void>;
  /** Every path an unpacked image shows. */
  unpack(reference: string, unpacker: Unpacker): Promise<Tree>;
  /** skopeo copies it, which checks every digest; crane computes every digest and diff ID again. */
  validate(reference: string): Promise<void>;
}

const CRANE = join(homedir(), '.cache/changeover-lab/bin/crane');
export const BUSYBOX = '/bin/busybox';
const LIMIT_MS = 120_000;

/** The programs that are missing here. */
export function missingTools(): readonly string[] {
  const programs = [['buildah'], ['umoci'], ['skopeo'], ['docker-registry'], ['nsenter'], [BUSYBOX], [CRANE]];
  const missing = programs.flat().filter((program) => spawnSync(program, ['--version']).error !== undefined);
  return process.getuid?.() === 0 ? missing : [...missing, 'root'];
}

/** Gives the work its tools, and stops and removes everything after it. */
export function withImageTools<T>(work: (tools: ImageTools) => Promise<T>): Promise<T> {
  return withScratch(async (scratch) => work(openTools({ folder: scratch.folder, registry: await startRegistry(scratch), holder: await holdMounts(scratch) })));
}

interface Ground {
  readonly folder: string;
  readonly registry: string;
  /** The process whose mounts the programs see. */
  readonly holder: string;
}

/** Overlay mounts cannot lie on every file system: a tmpfs in a mount namespace of its own carries them, and is gone with the process. */
async function holdMounts(scratch: Scratch): Promise<string> {
  const store = join(scratch.folder, 'store');
  const note = join(scratch.folder, 'holder.pid');
  mkdirSync(store);
  const script = `mount -t tmpfs none ${store} && echo $$ > ${note} && exec sleep infinity`;
  const pid = (): string => readFileSync(note, 'utf8').trim();
  await scratch.start('holder', ['unshare', '--mount', 'sh', '-c', script], () => Promise.resolve(spawnSync('test', ['-s', note]).status === 0));
  return pid();
}

function openTools(ground: Ground): ImageTools {
  const store = join(ground.folder, 'store');
  const policy = join(ground.folder, 'policy.json');
  writeFileSync(policy, '{"default":[{"type":"insecureAcceptAnything"}]}');
  let count = 0;
  const inside = (...argv: readonly string[]): Promise<string> => run('nsenter', ['--mount', '--target', ground.holder, '--', ...argv]);
  const buildah = (driver: Driver, ...args: readonly string[]): Promise<string> => {
    const roots = ['--root', join(store, driver), '--runroot', join(store, `${driver}-run`), '--storage-driver', driver];
    return inside('buildah', ...roots, ...args);
  };
  const trust = ['--tls-verify=false', '--signature-policy', policy];
  const copyOut = async (reference: string): Promise<string> => {
    const image = `${join(store, `image-${(count += 1)}`)}:it`;
    await inside('skopeo', '--insecure-policy', 'copy', '--src-tls-verify=false', `docker://${reference}`, `oci:${image}`);
    return image;
  };
  const unpackTo = async (reference: string, unpacker: Unpacker): Promise<string> => {
    if (unpacker !== 'umoci') {
      const container = await buildah(unpacker, 'from', '--quiet', ...trust, `docker://${reference}`);
      return buildah(unpacker, 'mount', container);
    }
    const bundle = join(store, `bundle-${(count += 1)}`);
    await inside('umoci', 'unpack', '--image', await copyOut(reference), bundle);
    return join(bundle, 'rootfs');
  };
  return {
    registry: ground.registry,
    async build(driver, { dockerfile, context: files }, reference) {
      const context = join(ground.folder, `context-${(count += 1)}`);
      mkdirSync(context);
      for (const [name, bytes] of Object.entries({ ...files, Dockerfile: dockerfile })) writeFileSync(join(context, name), bytes);
      await buildah(driver, 'bud', '--quiet', ...trust, '--isolation', 'chroot', '--tag', reference, context);
      await buildah(driver, 'push', '--quiet', ...trust, reference, `docker://${reference}`);
    },
    unpack: async (reference, unpacker) => listTree(join('/proc', ground.holder, 'root', await unpackTo(reference, unpacker))),
    async validate(reference) {
      await copyOut(reference);
      await run(CRANE, ['validate', '--insecure', '--remote', reference]);
    },
  };
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject).on('close', resolve);
  const code = await promise;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${said.err}`);
  return said.out.trim();
}
