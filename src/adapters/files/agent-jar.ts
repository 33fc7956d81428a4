import { ChangeoverError } from '../../core/error.ts';
import { listZip, readZipEntry, type ZipEntry } from './read-zip.ts';

const PREMAIN = 'io.opentelemetry.javaagent.OpenTelemetryAgent';
const MANIFEST = 'META-INF/MANIFEST.MF';
const MAX_MANIFEST = 1024 * 1024;

/** The version of an OpenTelemetry Java agent jar. Throws `invalid-file` naming `target` when the bytes are anything else, with what was found. */
export function readAgentVersion(jar: Uint8Array, target: string): string {
  const entries = listZip(jar);
  if (!entries) throw invalid('it is not a jar file', target);
  const attributes = readManifest(jar, entries);
  if (!attributes) throw invalid(`it has no readable ${MANIFEST}`, target);
  const premain = attributes.get('premain-class');
  if (premain !== PREMAIN)
    throw invalid(premain === undefined ? 'it is no Java agent (no Premain-Class in its manifest)' : `its Premain-Class is ${premain}`, target);
  const version = attributes.get('implementation-version');
  if (!version) throw invalid('its manifest does not say its version (Implementation-Version)', target);
  return version;
}

/** The class that a jar starts as an agent with; undefined for what is no jar, or no agent's. */
export function readPremainClass(jar: Uint8Array): string | undefined {
  const entries = listZip(jar);
  return entries && readManifest(jar, entries)?.get('premain-class');
}

function readManifest(jar: Uint8Array, entries: readonly ZipEntry[]): ReadonlyMap<string, string> | undefined {
  const manifest = entries.find((entry) => entry.name === MANIFEST);
  const bytes = manifest && readZipEntry(jar, manifest, MAX_MANIFEST);
  return bytes && mainAttributes(bytes);
}

/** The main section of a jar's manifest, names in lower case. Lines that begin with a space go on with the line before. Source: JAR file specification. */
export function mainAttributes(manifest: Uint8Array): ReadonlyMap<string, string> {
  const text = Buffer.from(manifest).toString('utf8').replaceAll(/\r\n?/g, '\n');
  const section = text.split('\n\n', 1)[0] ?? '';
  const lines = section.replaceAll('\n ', '').split('\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
}

function invalid(why: string, target: string): ChangeoverError {
  return new ChangeoverError('invalid-file', `not an OpenTelemetry Java agent: ${why}`, {
    target,
    hint: 'Use opentelemetry-javaagent.jar of a release, from Maven Central or the OpenTelemetry images.',
  });
}
