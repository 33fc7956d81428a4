import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const src = join(root, 'src');

/** Which room may import which; `vendor` lists the packages a room may use besides Node's own modules. */
const rooms: { readonly [room: string]: { readonly may: readonly string[]; readonly vendor: readonly string[] } } = {
  core: { may: ['core'], vendor: ['zod'] },
  ports: { may: ['core', 'ports'], vendor: [] },
  adapters: { may: ['core', 'ports', 'adapters'], vendor: ['undici', 'yaml', 'zod', 'modern-tar'] },
  app: { may: ['core', 'ports', 'app'], vendor: [] },
  cli: { may: ['core', 'ports', 'app', 'cli'], vendor: ['commander'] },
  main: { may: ['core', 'ports', 'adapters', 'app', 'cli', 'main'], vendor: [] },
};
const coreBuiltins = new Set(['node:crypto']);
/** Folders of adapters that other adapters may use. */
const belowAll = new Set(['files', 'http']);

describe('the house', () => {
  const files = sources(src);

  it('has sources in every room the table names', () => {
    const seen = new Set(files.map((file) => roomOf(file)));

    expect([...seen].sort()).toEqual(Object.keys(rooms).sort());
  });

  it('imports only along its arrows', () => {
    const wrong = files
      .flatMap((file) =>
        imports(file)
          .filter((target) => target.startsWith('.'))
          .map((target) => ({ file, target: join(dirname(file), target) })),
      )
      .filter(({ file, target }) => !rooms[roomOf(file)]?.may.includes(roomOf(target)))
      .map(({ file, target }) => `${relative(root, file)} -> ${relative(root, target)}`);

    expect(wrong).toEqual([]);
  });

  it('keeps one adapter from reaching into another, but for the simulated world and what is below all', () => {
    const wrong = files
      .filter((file) => roomOf(file) === 'adapters')
      .flatMap((file) =>
        imports(file)
          .filter((target) => target.startsWith('.'))
          .map((target) => ({ file, target: join(dirname(file), target) })),
      )
      .filter(({ file, target }) => roomOf(target) === 'adapters' && folderOf(file) !== folderOf(target))
      .filter(({ file, target }) => folderOf(file) !== 'simulated' && !belowAll.has(folderOf(target)))
      .map(({ file, target }) => `${relative(root, file)} -> ${relative(root, target)}`);

    expect(wrong).toEqual([]);
  });

  it('uses vendor packages and Node modules only where the table allows', () => {
    const wrong = files
      .flatMap((file) =>
        imports(file)
          .filter((target) => !target.startsWith('.'))
          .map((target) => ({ file, target })),
      )
      .filter(({ file, target }) => {
        const room = roomOf(file);
        if (target.startsWith('node:')) return room === 'core' ? !coreBuiltins.has(target) : false;
        const name = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? target);
        return !rooms[room]?.vendor.includes(name);
      })
      .map(({ file, target }) => `${relative(root, file)} uses ${target}`);

    expect(wrong).toEqual([]);
  });

  it('reads no clock and no randomness in the core', () => {
    const wrong = files
      .filter((file) => roomOf(file) === 'core')
      .filter((file) => /Date\.now\(|new Date\(\)|Math\.random\(|process\.|console\./.test(code(file)));

    expect(wrong.map((file) => relative(root, file))).toEqual([]);
  });

  it('has no import cycle', () => {
    expect(findCycle(files)).toEqual([]);
  });

  it('keeps files small: none over 300 lines, half of them under 100', () => {
    const lengths = files
      .map((file) => ({ file: relative(root, file), lines: readFileSync(file, 'utf8').split('\n').length - 1 }))
      .sort((a, b) => b.lines - a.lines);

    expect(lengths.filter(({ lines }) => lines > 300)).toEqual([]);
    expect(lengths[Math.floor(lengths.length / 2)]?.lines).toBeLessThan(100);
  });
});

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function code(file: string): string {
  return readFileSync(file, 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '');
}

function imports(file: string): readonly string[] {
  return [...code(file).matchAll(/(?:from\s+|import\s+|import\()'([^']+)'/g)].map((match) => match[1] ?? '');
}

function valueImports(file: string): readonly string[] {
  return [...code(file).matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+'(\.[^']+)'/gm)].map((match) => match[1] ?? '');
}

function roomOf(file: string): string {
  return relative(src, file).split('/')[0] ?? '';
}

function folderOf(file: string): string {
  return relative(src, file).split('/')[1] ?? '';
}

function findCycle(files: readonly string[]): readonly string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): readonly string[] => {
    if (done.has(file)) return [];
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file].map((each) => relative(root, each));
    path.push(file);
    for (const target of valueImports(file)) {
      const cycle = visit(join(dirname(file), target));
      if (cycle.length > 0) return cycle;
    }
    path.pop();
    done.add(file);
    return [];
  };
  for (const file of files) {
    const cycle = visit(file);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
