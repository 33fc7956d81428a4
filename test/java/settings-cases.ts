import { seededRandom, type Random } from '../convert/random.ts';

/** What a JVM with SkyWalking's agent is started with. */
export interface SettingsCase {
  /** The text of agent.config. */
  readonly file: string;
  /** What follows the jar in `-javaagent:`. */
  readonly args: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

const keys = [
  'agent.service_name',
  'agent.service_name',
  'agent.namespace',
  'agent.cluster',
  'agent.instance_name',
  'agent.instance_properties_json',
  'agent.ignore_suffix',
  'agent.enable',
  'collector.backend_service',
  'collector.backend_service',
  'plugin.exclude_plugins',
  'agent.somewhat_new',
] as const;
const variables = ['SW_AGENT_NAME', 'SW_AGENT_NAME', 'SW_AGENT_NAMESPACE', 'SW_AGENT_INSTANCE_NAME', 'APP', 'ZONE', 'SW_X:y', 'A.b'] as const;
const texts = [
  '',
  'shop',
  'shop::order',
  'a b',
  ' padded ',
  'trailing\t',
  'größe',
  '世界🌍',
  'x:y:z',
  'http://oap:11800',
  'a=b',
  'k=v,l=w',
  ',',
  "it's",
  '"quoted"',
  '#no comment',
  '\\',
  'back\\slash',
  '$',
  '${',
  '}',
  '{x}',
  '$(APP)',
  'n'.repeat(63),
  '[{"zone":"z 1","n":1}]',
  'false',
  'TRUE',
  '-1',
] as const;

/** The case of a number: always the same. */
export function drawCase(index: number): SettingsCase {
  const random = seededRandom(1000 + index);
  const some = <T>(most: number, draw: () => T): readonly T[] => Array.from({ length: random.below(most + 1) }, draw);
  return {
    file: drawFile(random),
    args: random.chance(0.4) ? drawArgs(random) : '',
    properties: Object.fromEntries(
      some(3, () => [random.chance(0.5) ? `skywalking.${random.pick(keys)}` : drawVariable(random), drawValue(random)]).filter(
        ([name]) => !/[:=]/.test(name ?? ''),
      ),
    ),
    env: Object.fromEntries(some(4, () => [drawVariable(random), drawValue(random)])),
  };
}

function drawVariable(random: Random): string {
  return random.pick(variables);
}

/** A plain text mostly; a placeholder also in values that are asked for by placeholders. */
function drawValue(random: Random): string {
  return random.chance(0.2) ? drawPlaceholder(random, 2) : random.pick(texts);
}

function drawPlaceholder(random: Random, depth: number): string {
  const inner = (): string => (depth > 0 && random.chance(0.4) ? drawPlaceholder(random, depth - 1) : random.pick(texts));
  const name = random.chance(0.15) ? inner() : random.chance(0.2) ? random.pick(keys) : drawVariable(random);
  const whole = random.chance(0.3) ? `\${${name}}` : `\${${name}:${inner()}}`;
  return random.chance(0.2) ? `${random.pick(texts)}${whole}${random.pick(texts)}` : whole;
}

/** The stock way of a file, with literals, comments, continued lines, other separators and keys that come twice. */
function drawFile(random: Random): string {
  const lines = Array.from({ length: random.below(7) }, () => {
    const key = random.pick(keys);
    const value = random.chance(0.6) ? drawPlaceholder(random, 2) : random.pick(texts);
    if (random.chance(0.1)) return random.pick(['# ', '! ', '']);
    const written = random.chance(0.2) ? escapeValue(value) : value;
    return `${random.pick(['', '', ' ', '\t'])}${key}${random.pick(['=', '=', '=', ' = ', ':', ' ', ' : '])}${written}${random.pick(['', '', ' ', '\\\n  more'])}`;
  });
  return lines.join(random.pick(['\n', '\n', '\r\n', '\r']));
}

/** As `Properties.store` would write it. */
function escapeValue(value: string): string {
  return value.replaceAll(/[\\=:#!]|[^ -~]/gu, (char) =>
    char.length > 1 || !/[ -~]/.test(char)
      ? Array.from({ length: char.length }, (_each, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')
      : `\\${char}`,
  );
}

function drawArgs(random: Random): string {
  const terms = Array.from({ length: random.below(4) }, () => {
    const value = random.chance(0.1) ? drawPlaceholder(random, 1) : random.pick(texts);
    const quote = random.pick(['', '', "'", '"']);
    if (random.chance(0.1)) return random.pick(['junk', '', '=', 'a=b=c', '"', "'"] as const);
    return `${random.pick(['', '', ' '])}${random.pick(keys)}=${quote}${value}${quote}`;
  });
  return `${random.pick(['', '', ',', ' '])}${terms.join(random.pick([',', ',', ', ', ',,']))}${random.pick(['', '', ',', ' '])}`;
}
