import { ChangeoverError } from '../core/error.ts';
import type { Json } from '../core/json.ts';
import type { TextOutput, Wiring } from './wiring.ts';

/** What a test says about the outside; all else is absent and says so when it is asked for. */
export interface FakeOutside {
  readonly tty?: boolean;
  readonly columns?: number;
  readonly answers?: readonly string[];
  readonly files?: { readonly [path: string]: string };
  /** Called with each text written to standard error. */
  readonly onError?: (text: string) => void;
  readonly wiring?: Partial<Wiring>;
}

/** A wiring for tests, with what the commands wrote. */
export interface FakeWiring {
  readonly wiring: Wiring;
  readonly out: () => string;
  readonly err: () => string;
  /** Files written, by path. */
  readonly written: Map<string, string>;
  /** What was asked on the terminal. */
  readonly questions: string[];
  readonly interrupt: () => void;
}

/** Makes a wiring whose files, terminal and interrupts are plain data. */
export function fakeWiring(outside: FakeOutside = {}): FakeWiring {
  const { tty = false, columns = 100, answers = [], files = {} } = outside;
  const stdout = record(tty, columns);
  const stderr = record(tty, columns, outside.onError);
  const written = new Map<string, string>();
  const questions: string[] = [];
  const callbacks = new Set<() => void>();
  const absent = (what: string) => (): never => {
    throw new Error(`this test has no ${what}`);
  };
  const wiring: Wiring = {
    version: '1.2.3',
    stdout: stdout.output,
    stderr: stderr.output,
    stdinIsTTY: tty,
    env: {},
    clock: { now: () => Date.parse('2026-11-03T10:00:00Z'), sleep: () => new Promise((resolve) => setImmediate(resolve)) },
    user: 'ada@desk',
    ask: async (question) => {
      questions.push(question);
      return answers[questions.length - 1] ?? '';
    },
    readTextFile: async (path) => {
      const text = files[path];
      if (text === undefined) throw new ChangeoverError('usage', `${path} cannot be read: it does not exist`, { target: path });
      return text;
    },
    writeTextFile: async (path, text) => void written.set(path, text),
    directoryOf: () => '/work',
    readManifestFiles: absent('manifests'),
    openManifests: absent('reader of manifests'),
    parseYaml: async (text) => ({ value: JSON.parse(text) as Json, position: () => undefined }),
    formatYaml: async (value) => `yaml: ${JSON.stringify(value)}\n`,
    openCluster: absent('cluster'),
    openImages: absent('registry'),
    openEngine: absent('engine'),
    probeJournal: absent('journal'),
    openTraceStore: absent('trace store'),
    openTopologySource: absent('topology source'),
    openTee: absent('proxy'),
    openRehearsal: absent('rehearsal'),
    onInterrupt: (callback) => {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    ...outside.wiring,
  };
  return { wiring, out: stdout.text, err: stderr.text, written, questions, interrupt: () => [...callbacks].forEach((callback) => callback()) };
}

function record(isTTY: boolean, columns: number, onWrite?: (text: string) => void): { readonly output: TextOutput; readonly text: () => string } {
  let text = '';
  const write = (more: string): void => {
    text += more;
    onWrite?.(more);
  };
  const output = { isTTY, columns, rows: 24, write };
  return { output, text: () => text };
}
