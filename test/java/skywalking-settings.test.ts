import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isDisabled } from '../../src/core/agents/skywalking/map-to-opentelemetry.ts';
import { skywalking } from '../../src/core/agents/skywalking/skywalking.ts';
import type { AgentSettings } from '../../src/core/agents/agent.ts';
import { effectiveEnv } from '../../src/core/jvm/effective-env.ts';
import { effectiveOptions } from '../../src/core/jvm/effective-options.ts';
import { drawCase, type SettingsCase } from './settings-cases.ts';

const target = join(import.meta.dirname, '..', '..', 'java', 'bridge', 'target');
const kernel = join(target, 'agents', 'apm-agent.jar');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'skywalking-settings-')));
const jar = join(folder, 'skywalking-agent.jar');
afterAll(() => rmSync(folder, { recursive: true }));

describe("SkyWalking's settings", () => {
  it('are the same in its own kernel, in the bridge and here', () => {
    if (!existsSync(kernel)) throw new Error('The bridge is not built: run `mvn -B -q test-compile` in java/ first.');
    copyFileSync(kernel, jar);
    const cases = Array.from({ length: 600 }, (_each, index) => drawCase(index));

    const answers = askJava(cases);

    expect(answers).toHaveLength(cases.length);
    expect(cases.flatMap((each, index) => differences(each, answers[index] ?? []))).toEqual([]);
    const ended = answers.map((words) => words.find(([kind]) => kind === 'X')?.[1]?.replace(/(OutOfBoundsException):.*/, '$1') ?? 'started');
    expect([...new Set(ended)].toSorted()).toEqual(['started', ...refusals].toSorted());
    expect(ended.filter((each) => each === 'started').length).toBeGreaterThan(cases.length / 10);
  });
});

/** What keeps the kernel, and so its JVM, from starting: a setting that is missing, and arguments that are commas alone. */
const refusals = [
  'java.lang.ExceptionInInitializerError: `agent.service_name` is missing.',
  'java.lang.ExceptionInInitializerError: `collector.backend_service` is missing.',
  'java.lang.StringIndexOutOfBoundsException',
];

type Words = readonly (readonly [kind: string, ...texts: string[]])[];

function askJava(cases: readonly SettingsCase[]): readonly Words[] {
  const args = ['--add-opens', 'java.base/java.util=ALL-UNNAMED', '-cp', [join(target, 'classes'), join(target, 'test-classes'), jar].join(':')];
  const output = execFileSync('java', [...args, 'dev.changeover.bridge.settings.SettingsMain', jar], {
    input: cases.map((each) => `${wordsOf(each)}\n`).join(''),
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8' },
    stdio: ['pipe', 'pipe', 'ignore'],
    maxBuffer: 64 * 1024 * 1024,
  });
  return output.trimEnd().split('\n').map(parseWords);
}

function wordsOf({ file, args, properties, env }: SettingsCase): string {
  const pairs = (kind: string, from: Readonly<Record<string, string>>) => Object.entries(from).map(([name, value]) => [kind, name, value]);
  return [['F', file], ['A', args], ...pairs('P', properties), ...pairs('E', env)]
    .map(([kind = '', ...texts]) => [kind, ...texts.map((text) => Buffer.from(text).toString('base64'))].join(':'))
    .join(' ');
}

function parseWords(line: string): Words {
  return line.split(' ').map((word): readonly [string, ...string[]] => {
    const [kind = '', ...texts] = word.split(':');
    return [kind, ...texts.map((text) => Buffer.from(text, 'base64').toString('utf8'))];
  });
}

/** Our answer: a container's command and environment, as Kubernetes would hand them on. */
function readHere({ file, args, properties, env }: SettingsCase): AgentSettings {
  const flag = `-javaagent:${jar}${args === '' ? '' : `=${args}`}`;
  const options = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);
  const command = ['java', flag, ...options, '-jar', 'a.jar'].map(escape);
  const container = { name: 'app', image: 'app:1', command, env: Object.entries(env).map(([name, value]) => ({ name, value: escape(value) })) };
  const context = {
    options: effectiveOptions({ container }),
    env: effectiveEnv({ container }).values,
    imageText: (path: string) => (path === join(folder, 'config', 'agent.config') ? file : undefined),
  };
  const [detected] = skywalking.detect(context.options);
  if (!detected) throw new Error('no agent detected');
  return skywalking.readSettings(context, detected);
}

/** A `$` that Kubernetes leaves alone. */
function escape(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** Where the three differ: in a key of the kernel's, in what the kernel makes of it, or in what the bridge says. */
function differences(from: SettingsCase, words: Words): readonly object[] {
  const of = (kind: string): ReadonlyMap<string, string> =>
    new Map(words.filter(([each]) => each === kind).map(([, key = '', value = '']): readonly [string, string] => [key, value]));
  const [real, config, bridge] = [of('K'), of('C'), of('B')];
  const { values, findings } = readHere(from);
  // From there on the kernel knows what the order of a hash table wants: here that is a reason to block.
  const isStarted = words.every(([kind]) => kind !== 'X');
  const isBroken = findings.some(({ id }) => id === 'agent-config-broken');
  const here = Object.entries(values).map(([key, { value }]): readonly [string, string | undefined] => [key, value]);
  const missing = isBroken ? [] : [...real.keys()].filter((key) => values[key] === undefined).map((key): readonly [string, undefined] => [key, undefined]);
  const wrong = [
    ...[...here, ...missing].filter(([key, value]) => real.get(key) !== value).map(([key, value]) => ({ key, kernel: real.get(key), here: value })),
    ...(isStarted ? [...bridge] : [])
      .filter(([key, value]) => value !== asBridge(key, real, config))
      .map(([key, value]) => ({ key, kernel: asBridge(key, real, config), bridge: value })),
    ...(isBroken || !isStarted ? [] : identityDifferences(values, config)),
  ];
  return wrong.length === 0 ? [] : [{ ...from, wrong, findings }];
}

/** The kernel has a default for suffixes, which an empty value does not change; the rest is empty by default. */
function asBridge(key: string, real: ReadonlyMap<string, string>, config: ReadonlyMap<string, string>): string {
  return (key === 'agent.ignore_suffix' ? config.get('Agent.IGNORE_SUFFIX') : real.get(key)) ?? '';
}

/** What the kernel reports as: the parts cut, and joined where there is more than a name. */
function identityDifferences(values: AgentSettings['values'], config: ReadonlyMap<string, string>): readonly object[] {
  const cut = (key: string, length: number): string => (values[key]?.value ?? '').slice(0, length);
  const [name, namespace, cluster] = [cut('agent.service_name', 50), cut('agent.namespace', 20), cut('agent.cluster', 20)];
  const identity = namespace === '' && cluster === '' ? name : `${name}|${namespace}|${cluster}`;
  const enabled = String(!isDisabled(values['agent.enable']));
  const here = { 'Agent.SERVICE_NAME': identity, 'Agent.ENABLE': enabled };
  return Object.entries(here).flatMap(([key, value]) => (config.get(key) === value ? [] : [{ key, kernel: config.get(key), here: value }]));
}
