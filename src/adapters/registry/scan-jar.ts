import type { Coupling } from '../../core/image/image-facts.ts';
import { mainAttributes } from '../files/agent-jar.ts';
import type { TarSink } from '../files/tar-parser.ts';
import { createZipWalker, type ZipTarget } from '../files/walk-zip.ts';
import { MAX_NAMES, namesInClass } from './agent-references.ts';
import { isLogConfig, logCouplings, toolkitOf } from './find-couplings.ts';

/** What one jar or war says, jars inside it (BOOT-INF/lib, WEB-INF/lib) included. */
export interface JarFacts {
  /** The class it starts as an agent with. */
  readonly premainClass?: string;
  /** Names of agent internals its classes use. None for agents themselves and for SkyWalking's plugins (`skywalking-plugin.def`). */
  readonly references: readonly string[];
  readonly couplings: readonly Coupling[];
}

export interface JarScanner {
  readonly sink: TarSink;
  facts(): JarFacts;
}

const MAX_CLASS = 4 * 1024 * 1024;
const MAX_TEXT = 1024 * 1024;
const MAX_NESTED = 256 * 1024 * 1024;
/** Together, per outer jar: protects against archives made to unpack without end. */
const MAX_UNPACKED = 1024 * 1024 * 1024;
const NESTED = /^(?:(?:BOOT|WEB)-INF\/)?lib\/[^/]+\.jar$/;

/** Looks through a jar as it comes in. `name` is its path; `manifestOnly` reads nothing but its manifest. */
export function scanJar(name: string, { manifestOnly = false }: { readonly manifestOnly?: boolean } = {}): JarScanner {
  return openScanner(name, { unpacked: 0 }, manifestOnly ? 'manifest' : 'outer');
}

interface Budget {
  unpacked: number;
}

function openScanner(path: string, budget: Budget, depth: 'manifest' | 'outer' | 'nested'): JarScanner {
  const references = new Set<string>();
  const couplings: Coupling[] = [];
  let premainClass: string | undefined;
  let isPlugin = false;
  const own = toolkitOf(path);
  if (own !== undefined) couplings.push({ kind: 'toolkit', what: own });

  function take(bytes: number, content: (bytes: Uint8Array) => void): ZipTarget | undefined {
    if (budget.unpacked >= MAX_UNPACKED) return undefined;
    return { limit: bytes, sink: gather((found) => ((budget.unpacked += found.length), content(found))) };
  }

  function onEntry(name: string): ZipTarget | undefined {
    if (name === 'META-INF/MANIFEST.MF') return take(MAX_TEXT, (bytes) => (premainClass = mainAttributes(bytes).get('premain-class')));
    // Nothing else counts of an agent or a plugin.
    if (depth === 'manifest' || premainClass !== undefined || isPlugin) return undefined;
    if (name === 'skywalking-plugin.def') isPlugin = true;
    // A toolkit's own jar has its name and version in its file name.
    const toolkit = own === undefined && !NESTED.test(name) ? toolkitOf(name) : undefined;
    if (toolkit !== undefined) couplings.push({ kind: 'toolkit', what: toolkit });
    if (depth === 'outer' && NESTED.test(name)) return openNested(name);
    if (isLogConfig(name)) return take(MAX_TEXT, (bytes) => couplings.push(...logCouplings(Buffer.from(bytes).toString('utf8'))));
    if (!name.endsWith('.class') || references.size >= MAX_NAMES) return undefined;
    return take(MAX_CLASS, (bytes) => {
      for (const found of namesInClass(bytes)) references.add(found);
    });
  }

  function openNested(name: string): ZipTarget | undefined {
    if (budget.unpacked >= MAX_UNPACKED) return undefined;
    const inner = openScanner(name, budget, 'nested');
    const write = (part: Uint8Array): void => {
      budget.unpacked += part.length;
      inner.sink.write(part);
    };
    const end = (): void => {
      inner.sink.end();
      const found = inner.facts();
      for (const each of found.references) references.add(each);
      couplings.push(...found.couplings);
    };
    return { limit: MAX_NESTED, sink: { write, end } };
  }

  return {
    sink: createZipWalker(onEntry),
    facts() {
      const isAgent = premainClass !== undefined || isPlugin;
      return {
        ...(premainClass === undefined ? {} : { premainClass }),
        references: isAgent ? [] : [...references].slice(0, MAX_NAMES),
        couplings: isAgent ? [] : distinct(couplings),
      };
    },
  };
}

/** The content of one entry, whole. */
function gather(done: (bytes: Uint8Array) => void): TarSink {
  const parts: Uint8Array[] = [];
  return { write: (part) => void parts.push(Uint8Array.from(part)), end: () => done(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)) };
}

/** Without repeats: the same toolkit is seen by the name of its jar and by each of its classes. */
function distinct(couplings: readonly Coupling[]): readonly Coupling[] {
  return [...new Map(couplings.map((each) => [`${each.kind} ${each.what}`, each])).values()];
}
