// Builds the bridge, the OpenTelemetry Java agent extension in java/bridge, with Maven: java/bridge/target/changeover-bridge.jar.
// Does nothing when the sources and the jar are those of the last time. Its tests are not run here.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const java = join(import.meta.dirname, '../java');
const jar = join(java, 'bridge/target/changeover-bridge.jar');
const stamp = `${jar}.built-from`;

if (!existsSync(jar) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== fingerprint()) {
  proveTools();
  process.stderr.write('Building the bridge (mvn package) ...\n');
  rmSync(join(java, 'bridge/target/classes'), { recursive: true, force: true }); // of sources that are gone
  const built = spawnSync('mvn', ['-B', '-q', '-pl', 'bridge', 'package', '-Dmaven.test.skip=true'], { cwd: java, stdio: ['ignore', 2, 2] });
  if (built.status !== 0 || !existsSync(jar)) fail('Maven could not build the bridge; see the lines above.');
  writeFileSync(stamp, fingerprint());
}

/** Every file the jar is made of, and the jar: somebody else may have built it from other sources. */
function fingerprint() {
  const sources = globSync('bridge/src/main/**', { cwd: java }).filter((file) => statSync(join(java, file)).isFile());
  const hash = createHash('sha256');
  for (const file of ['pom.xml', 'bridge/pom.xml', 'bridge/target/changeover-bridge.jar', ...sources.toSorted((a, b) => (a < b ? -1 : 1))]) {
    hash.update(`${file} ${statSync(join(java, file)).size}\n`).update(readFileSync(join(java, file)));
  }
  return hash.digest('hex');
}

function proveTools() {
  const install = 'Install a JDK, 17 or newer, and Maven (apt-get install openjdk-17-jdk-headless maven), or set spec.to.bridge to false in the policy.';
  const { stdout, error } = spawnSync('mvn', ['-B', '-version'], { encoding: 'utf8' });
  if (error) fail(`Maven is missing: the bridge cannot be built.\n${install}`);
  const version = /^Java version: ([\d.]+)/m.exec(stdout)?.[1];
  if (version === undefined) fail(`Maven finds no JDK: the bridge cannot be built.\n${install}`);
  if (Number(version.split('.')[0]) < 17) fail(`Maven runs on Java ${version}: the bridge needs 17 or newer to be built.\n${install}`);
}

function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(1);
}
