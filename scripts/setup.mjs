// Installs what the project needs and makes sure scripts run on a Node that is new enough. Runs on any Node from 18 on,
// before anything is installed: plain JavaScript, no packages.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.changeover-setup');
const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== fingerprint()) {
  process.stderr.write('Installing dependencies (npm ci) ...\n');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (npm.status !== 0) fail('npm ci failed; see the lines above.');
  writeFileSync(stamp, fingerprint());
}

const node = join(root, 'node_modules', '.bin', 'node');
if (!existsSync(node)) fail('node_modules/.bin/node is missing: npm ran with --ignore-scripts. Run `npm ci` without it.');
const version = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
const [major = 0, minor = 0] = version.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) fail(`Node ${version} is too old; 22.19 or newer is needed. Delete node_modules and try again.`);

function fingerprint() {
  return createHash('sha256').update(lock).digest('hex');
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
