import { chmodSync, chownSync, copyFileSync, cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerName } from '../fleet/images.ts';
import { paths, sources } from '../paths.ts';
import { runCommand } from '../run-command.ts';
import { javaOutputs } from './java.ts';

const app = 1000;

/** Makes a layer's archive and returns its path. The same inputs make the same bytes. */
export async function makeLayer(name: LayerName): Promise<string> {
  process.umask(0o022);
  const root = join(paths.images, `layer-${name}`);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  stage[name](root);
  const archive = await archiveFolder(root);
  rmSync(root, { recursive: true, force: true });
  return archive;
}

/** Packs what is in a folder as a compressed layer beside it: sorted, with numeric owners and one fixed time. */
export async function archiveFolder(root: string): Promise<string> {
  const archive = `${root}.tar.gz`;
  const reproducible = ['--sort=name', '--numeric-owner', '--mtime=2026-01-01 00:00:00Z', '-I', 'gzip -n -6'];
  await runCommand('tar', ['-C', root, ...reproducible, '-cf', archive, ...readdirSync(root)]);
  return archive;
}

const stage: Readonly<Record<LayerName, (root: string) => void>> = {
  application: (root) => {
    const home = join(root, 'app');
    const base = join(home, 'tomcat');
    for (const folder of ['conf', 'webapps', 'logs', 'temp', 'work']) mkdirSync(join(base, folder), { recursive: true });
    for (const file of ['server.xml', 'context.xml', 'web.xml', 'logging.properties']) copyFileSync(join(sources, 'image', file), join(base, 'conf', file));
    cpSync(javaOutputs.shop, join(base, 'webapps', 'ROOT'), { recursive: true });
    mkdirSync(join(home, 'bin'));
    copyFileSync(join(sources, 'image', 'start.sh'), join(home, 'bin', 'start.sh'));
    mkdirSync(join(home, 'data'));
    writeFileSync(join(home, 'data', 'ledger.bin'), 'owned by the application\n');
    mkdirSync(join(home, 'shared'));
    // Owners and modes that a careless rewrite would flatten: groups that may read, setgid and sticky folders, files of the application alone.
    own(join(home, 'bin', 'start.sh'), [app, app, 0o750]);
    own(join(home, 'data'), [app, app, 0o700]);
    own(join(home, 'data', 'ledger.bin'), [app, app, 0o600]);
    own(join(home, 'shared'), [0, app, 0o3775]);
    own(join(base, 'conf', 'server.xml'), [0, app, 0o640]);
    for (const folder of ['logs', 'temp', 'work']) own(join(base, folder), [app, app, 0o750]);
  },
  skywalking: (root) => stageAgent(join(root, 'opt', 'skywalking')),
  opentelemetry: (root) => {
    const home = join(root, 'opt', 'opentelemetry');
    mkdirSync(home, { recursive: true });
    copyFileSync(paths.opentelemetryJar, join(home, 'opentelemetry-javaagent.jar'));
  },
  store: (root) => stageStore(join(root, 'app'), javaOutputs.store),
  'store-traced': (root) => stageStore(join(root, 'app'), javaOutputs.tracedStore),
  'skywalking-official': (root) => stageAgent(join(root, 'skywalking', 'agent')),
  catalog: (root) => {
    const home = join(root, 'skywalking');
    mkdirSync(home);
    copyFileSync(javaOutputs.store, join(home, 'app.jar'));
    writeFileSync(join(home, 'catalog.properties'), 'owner=catalog\n');
    own(join(home, 'catalog.properties'), [app, app, 0o600]);
  },
  'home-link': (root) => {
    symlinkSync('data/home', join(root, 'home'));
    mkdirSync(join(root, 'data', 'home', 'admin'), { recursive: true });
    ownHome(root);
  },
  'home-skywalking': (root) => {
    const home = join(root, 'data', 'home', 'admin', 'skywalking');
    stageAgent(home);
    own(home, [app, app, 0o3770]);
    ownHome(root);
  },
  'home-store': (root) => {
    const home = join(root, 'data', 'home', 'admin', 'app');
    mkdirSync(home, { recursive: true });
    copyFileSync(javaOutputs.store, join(home, 'app.jar'));
    own(home, [app, 0, 0o1750]);
    ownHome(root);
  },
};

/** The agent as its archive unpacks, with the lab's plugin and owners and modes that a careless rewrite would flatten. */
function stageAgent(home: string): void {
  for (const folder of ['config', 'plugins', 'activations', 'optional-plugins', 'logs']) mkdirSync(join(home, folder), { recursive: true });
  copyFileSync(paths.skywalkingJar, join(home, 'skywalking-agent.jar'));
  copyFileSync(javaOutputs.plugin, join(home, 'plugins', 'lab-http-plugin.jar'));
  copyFileSync(join(sources, 'image', 'agent.config'), join(home, 'config', 'agent.config'));
  own(join(home, 'config', 'agent.config'), [0, app, 0o640]);
  own(join(home, 'logs'), [app, app, 0o2770]);
}

function stageStore(home: string, jar: string): void {
  mkdirSync(join(home, 'bin'), { recursive: true });
  copyFileSync(jar, join(home, 'app.jar'));
  copyFileSync(join(sources, 'image', 'run.sh'), join(home, 'bin', 'run.sh'));
  own(join(home, 'bin', 'run.sh'), [app, app, 0o750]);
}

/** Layers repeat the folders above what they bring, and must not change them. */
function ownHome(root: string): void {
  own(join(root, 'data', 'home'), [0, 0, 0o711]);
  own(join(root, 'data', 'home', 'admin'), [app, app, 0o2750]);
}

function own(path: string, [uid, gid, mode]: readonly [number, number, number]): void {
  chownSync(path, uid, gid);
  // After the owner: changing that clears setgid.
  chmodSync(path, mode);
}
