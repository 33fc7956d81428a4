import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'changeover-java', 'agents');
// Version 3 of the plugin insists on parent POMs, and not all of them are published.
const copy = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy';

/** The path of an artifact's jar, fetched once, `group:artifact:version[:type:classifier]`; undefined, said on stderr, when Maven cannot have it. */
export function fetchAgentJar(artifact: string): string | undefined {
  const [, name, version, , classifier] = artifact.split(':');
  const path = join(folder, `${name}-${version}${classifier === undefined ? '' : `-${classifier}`}.jar`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync('mvn', ['-B', '-q', copy, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`], {
    cwd: folder,
    stdio: 'ignore',
    timeout: 120_000,
  });
  if (status === 0 && existsSync(path)) return path;
  process.stderr.write(`${artifact} cannot be had: its case is left out.\n`);
  return undefined;
}
