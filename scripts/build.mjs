// Bundles the program with everything it needs into dist/changeover.mjs, and the tee's thread beside it: the published package has no dependencies.
// The licences of what is bundled go into dist/LICENSES.txt, and the bridge's jar beside the program.
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'rolldown';

const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

await rm(join(root, 'dist'), { recursive: true, force: true });
const outputs = [await bundle('main.ts', 'changeover.mjs'), await bundle('tee-worker.ts', 'tee-worker.mjs')].flat();
const folders = new Set(
  outputs.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : [])).flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id) ?? []),
);
const licences = await Promise.all([...folders].sort().map(licenceOf));
await writeFile(join(root, 'dist/LICENSES.txt'), `changeover.mjs contains these packages.\n\n${licences.join('\n')}`);

const jar = join(root, 'java/bridge/target/changeover-bridge.jar');
await copyFile(jar, join(root, 'dist/changeover-bridge.jar')).catch((error) => {
  if (error.code !== 'ENOENT') throw error;
  process.stderr.write('warning: dist/ is without the bridge: `npm run build:bridge` builds it.\n');
});

/** One file of what a composition root needs; what went into it. */
async function bundle(input, file) {
  const { output } = await build({
    input: join(root, 'src/main', input),
    cwd: root,
    platform: 'node',
    transform: { target: 'node22', define: { BUNDLED_VERSION: JSON.stringify(version) } },
    output: { file: join(root, 'dist', file), format: 'esm', minify: false, codeSplitting: false },
  });
  return output;
}

/** Name, version and licence text of a package; a bundled package without a licence file fails the build. */
async function licenceOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence file`);
  return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${await readFile(join(folder, file), 'utf8')}`;
}
