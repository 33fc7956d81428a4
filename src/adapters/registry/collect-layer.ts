import type { Coupling, LayerEntry, LayerIndex } from '../../core/image/image-facts.ts';
import { collectBytes } from '../files/collect-bytes.ts';
import type { TarSink } from '../files/tar-parser.ts';
import { namesInClass } from './agent-references.ts';
import { MAX_TEXT, toText, wantedText } from './captured-text.ts';
import { isLogConfig, logCouplings } from './find-couplings.ts';
import { scanJar } from './scan-jar.ts';

const MAX_CLASS = 4 * 1024 * 1024;
/** All texts of a layer together, in bytes; files found later are left out, which reads as unknown. */
const MAX_TEXTS = 16 * 1024 * 1024;

/** Below an agent's home: what the agent itself loads. A service's jar may lie beside the agent, so the home as a whole does not count. */
const OWN_FOLDER = /^\/(?:[\w-]*plugins|activations|bootstrap|config)\//;

/** Gathers a layer's index from the entries of its tar. */
export interface LayerCollector {
  /** Notes an entry; the sink wants its bytes. */
  take(entry: LayerEntry): TarSink | undefined;
  finish(): LayerIndex;
}

/** An empty collector for the layer of this digest. `executable`: scripts that only their first line shows are looked for among executable files alone. */
export function collectLayer(digest: string, scripts: 'all' | 'executable' = 'all'): LayerCollector {
  const entries: LayerEntry[] = [];
  const texts: { [path: string]: string } = {};
  const references = new Map<string, readonly string[]>();
  const couplings = new Map<string, readonly Coupling[]>();
  const premainClasses = new Map<string, string>();
  let textBytes = 0;

  function keepText(path: string, bytes: Uint8Array): void {
    const text = textBytes + bytes.length > MAX_TEXTS ? undefined : toText(path, bytes);
    if (text === undefined) return;
    textBytes += bytes.length;
    texts[path] = text;
  }

  function forget(path: string): void {
    delete texts[path];
    for (const each of [references, couplings, premainClasses]) each.delete(path);
  }

  function scanJarAt(path: string): TarSink {
    const jar = scanJar(path, { manifestOnly: isAgentPath(path) });
    const end = (): void => {
      jar.sink.end();
      const found = jar.facts();
      if (found.premainClass !== undefined) premainClasses.set(path, found.premainClass);
      keep(references, path, found.references);
      keep(couplings, path, found.couplings);
    };
    return { write: (part) => jar.sink.write(part), end };
  }

  function keepConfig(path: string, bytes: Uint8Array): void {
    keep(couplings, path, logCouplings(Buffer.from(bytes).toString('utf8')));
    if (wantedText({ path, type: 'file', size: bytes.length, mode: 0, uid: 0, gid: 0, mtime: 0 }) === 'by-name') keepText(path, bytes);
  }

  return {
    take(entry) {
      entries.push(entry);
      const { path, size } = entry;
      // A path that appears again replaces what was there.
      forget(path);
      if (entry.type !== 'file') return undefined;
      if (/\.(?:jar|war)$/.test(path)) return scanJarAt(path);
      if (path.endsWith('.class')) {
        return size > MAX_CLASS || isAgentPath(path) ? undefined : collectBytes(size, (bytes) => keep(references, path, namesInClass(bytes)));
      }
      if (isLogConfig(path) && size <= MAX_TEXT) return collectBytes(size, (bytes) => keepConfig(path, bytes));
      const wanted = wantedText(entry);
      if (wanted === undefined || (wanted === 'by-first-line' && scripts === 'executable' && (entry.mode & 0o111) === 0)) return undefined;
      return wanted === 'by-name' ? collectBytes(size, (bytes) => keepText(path, bytes)) : collectScript(size, (bytes) => keepText(path, bytes));
    },
    finish() {
      const homes = agentHomes(entries);
      const isOutside = ([path]: readonly [path: string, ...rest: unknown[]]): boolean =>
        !homes.some((home) => path.startsWith(home) && OWN_FOLDER.test(path.slice(home.length)));
      return {
        digest,
        entries,
        texts,
        references: Object.fromEntries([...references].filter(isOutside)),
        premainClasses: Object.fromEntries(premainClasses),
        couplings: Object.fromEntries([...couplings].filter(isOutside)),
      };
    },
  };
}

function keep<T>(found: Map<string, readonly T[]>, path: string, what: readonly T[]): void {
  if (what.length > 0) found.set(path, what);
}

function isAgentPath(path: string): boolean {
  return path.includes('/skywalking-agent/') || path.endsWith('/skywalking-agent.jar');
}

/** Where an agent is installed: where its jar lies, or the folder above `config/agent.config`. */
function agentHomes(entries: readonly LayerEntry[]): readonly string[] {
  const found = entries.flatMap(({ path }) => {
    if (path.endsWith('/skywalking-agent.jar')) return [folderOf(path)];
    return path.endsWith('/config/agent.config') ? [folderOf(folderOf(path))] : [];
  });
  return [...new Set(found)];
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** Collects a file only when it begins with `#!`. */
function collectScript(size: number, done: (bytes: Uint8Array) => void): TarSink {
  const start: number[] = [];
  let rest: TarSink | undefined;
  return {
    write(part) {
      let from = 0;
      for (; start.length < 2 && from < part.length; from += 1) start.push(part[from] ?? 0);
      if (start[0] !== 0x23 || start[1] !== 0x21) return;
      if (!rest) {
        rest = collectBytes(size, done);
        rest.write(Uint8Array.of(0x23, 0x21));
      }
      if (from < part.length) rest.write(part.subarray(from));
    },
    end: () => rest?.end(),
  };
}
