import { setImmediate } from 'node:timers/promises';
import { listZip, readZipEntry } from '../files/read-zip.ts';

/** Names that only SkyWalking's agent jar provides. */
const INTERNALS = 'org/apache/skywalking/apm/agent/core/';
const MAX_CLASS = 4 * 1024 * 1024;
const MAX_MANIFEST = 1024 * 1024;
/** Together, per outer jar: protects against archives made to unpack without end. */
const MAX_UNPACKED = 1024 * 1024 * 1024;
const MAX_NAMES = 20;
const NESTED = /^(?:BOOT-INF|WEB-INF)\/lib\/[^/]+\.jar$/;
/** Unpacking runs in this thread: after so many bytes others get their turn. */
const TURN = 4 * 1024 * 1024;

/** The names of agent internals a class file uses, without repeats. */
export function namesInClass(bytes: Uint8Array): readonly string[] {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names = new Set<string>();
  for (let at = content.indexOf(INTERNALS); at >= 0 && names.size < MAX_NAMES; at = content.indexOf(INTERNALS, at + 1)) {
    names.add(/^[\w/$]+/.exec(content.toString('latin1', at, at + 256))?.[0] ?? INTERNALS);
  }
  return [...names];
}

/**
 * The names of agent internals the classes of a jar or war use, jars inside it (BOOT-INF/lib, WEB-INF/lib) included.
 * Agents themselves (`Premain-Class` in the manifest) and SkyWalking's plugins (`skywalking-plugin.def`) count as none; so does
 * what is not a readable zip file.
 */
export async function namesInJar(jar: Uint8Array): Promise<readonly string[]> {
  const names = new Set<string>();
  await scanJar(jar, names, { unpacked: 0, turn: 0, nested: false });
  return [...names].slice(0, MAX_NAMES);
}

interface Budget {
  unpacked: number;
  turn: number;
  readonly nested: boolean;
}

async function scanJar(jar: Uint8Array, names: Set<string>, budget: Budget): Promise<void> {
  const entries = listZip(jar);
  if (!entries || entries.some((entry) => entry.name === 'skywalking-plugin.def')) return;
  const manifest = entries.find((entry) => entry.name === 'META-INF/MANIFEST.MF');
  if (manifest && /^Premain-Class:/m.test(Buffer.from(readZipEntry(jar, manifest, MAX_MANIFEST) ?? []).toString('utf8'))) return;
  for (const entry of entries) {
    const nested = !budget.nested && NESTED.test(entry.name);
    if (!nested && !entry.name.endsWith('.class')) continue;
    if (names.size >= MAX_NAMES || budget.unpacked + entry.size > MAX_UNPACKED) return;
    budget.unpacked += entry.size;
    const content = readZipEntry(jar, entry, nested ? MAX_UNPACKED : MAX_CLASS);
    if (content === undefined) continue;
    if (nested) await scanJar(content, names, Object.assign(budget, { nested: true }));
    else for (const name of namesInClass(content)) names.add(name);
    if (budget.unpacked - budget.turn > TURN) {
      budget.turn = budget.unpacked;
      await setImmediate();
    }
  }
}
