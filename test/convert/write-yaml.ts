import type { Json, JsonObject } from '../../src/core/json.ts';
import type { Random } from './random.ts';

/** How one hand writes YAML. */
export interface Hand {
  readonly step: 2 | 4;
  /** How much deeper a list stands than its key. */
  readonly listIndent: 0 | 2 | 4;
  readonly quotes: 'plain' | 'single' | 'double' | 'mixed';
  /** Shares of what is written so. */
  readonly comments: number;
  readonly flow: number;
  readonly folded: number;
  readonly shuffled: boolean;
}

export function randomHand(random: Random): Hand {
  return {
    step: random.pick([2, 2, 4]),
    listIndent: random.pick([0, 2, 2, 4]),
    quotes: random.pick(['plain', 'single', 'double', 'mixed']),
    comments: random.pick([0, 0.1, 0.4]),
    flow: random.pick([0, 0.3, 1]),
    folded: random.pick([0, 0.5]),
    shuffled: random.chance(0.5),
  };
}

/** One document in block style, without a line break at its end; lists and small mappings in flow style here and there. */
export function writeYaml(value: JsonObject, hand: Hand, random: Random): string {
  return new Writer(hand, random).map(value, 0).join('\n');
}

class Writer {
  readonly #hand: Hand;
  readonly #random: Random;

  constructor(hand: Hand, random: Random) {
    this.#hand = hand;
    this.#random = random;
  }

  map(value: JsonObject, column: number): readonly string[] {
    return this.#entries(value).flatMap(([key, member]) => this.#member(key, member, column));
  }

  #entries(value: JsonObject): readonly (readonly [string, Json])[] {
    const entries = Object.entries(value).filter((entry): entry is [string, Json] => entry[1] !== undefined);
    if (!this.#hand.shuffled || !('image' in value || 'value' in value)) return entries;
    return entries.toSorted(() => this.#random.below(3) - 1);
  }

  #member(key: string, value: Json, column: number): readonly string[] {
    const head = `${' '.repeat(column)}${key}:`;
    const comment = this.#random.chance(this.#hand.comments) ? [`${' '.repeat(column)}# about ${key}`] : [];
    if (Array.isArray(value) && value.length > 0 && !this.#inFlow(value))
      return [...comment, head + this.#tail(), ...this.#list(value as readonly Json[], column + this.#hand.listIndent)];
    if (isMap(value) && Object.keys(value).length > 0 && !this.#inFlow(value))
      return [...comment, head + this.#tail(), ...this.map(value, column + this.#hand.step)];
    const [first = '', ...rest] = this.#scalar(value, column + this.#hand.step);
    return [...comment, `${head} ${first}`, ...rest];
  }

  #list(items: readonly Json[], column: number): readonly string[] {
    const pad = ' '.repeat(column);
    return items.flatMap((item) => {
      const comment = this.#random.chance(this.#hand.comments / 2) ? [`${pad}# an item`] : [];
      if (!isMap(item) || this.#inFlow(item)) {
        const [first = '', ...rest] = this.#scalar(item, column + this.#hand.step);
        return [...comment, `${pad}- ${first}`, ...rest];
      }
      const lines = this.map(item, column + 2);
      const start = lines.findIndex((line) => !line.trimStart().startsWith('#'));
      return [...comment, ...lines.slice(0, start).map((line) => line), `${pad}- ${(lines[start] ?? '').trimStart()}`, ...lines.slice(start + 1)];
    });
  }

  /** Text behind `key: ` or `- `, and the lines of a block. */
  #scalar(value: Json, column: number): readonly string[] {
    if (typeof value !== 'string') return [this.#flowText(value) + this.#tail()];
    const pad = ' '.repeat(column);
    if (value.includes('\n')) {
      const end = value.endsWith('\n') ? '' : '-';
      return [
        `|${end}`,
        ...value
          .replace(/\n$/, '')
          .split('\n')
          .map((line) => (line === '' ? '' : pad + line)),
      ];
    }
    const words = value.split(' ');
    if (words.length > 2 && !words.includes('') && this.#random.chance(this.#hand.folded)) return ['>-', ...words.map((word) => pad + word)];
    return [this.#quoted(value, false) + this.#tail()];
  }

  #flowText(value: Json): string {
    const space = this.#random.chance(0.2) ? ' ' : '';
    if (Array.isArray(value))
      return value.length === 0 ? '[]' : `[${space}${(value as readonly Json[]).map((item) => this.#flowText(item)).join(', ')}${space}]`;
    if (isMap(value))
      return `{${Object.entries(value)
        .map(([key, member]) => `${key}: ${this.#flowText(member ?? null)}`)
        .join(', ')}}`;
    return typeof value === 'string' ? this.#quoted(value, true) : JSON.stringify(value);
  }

  #quoted(text: string, inFlow: boolean): string {
    const style = this.#hand.quotes === 'mixed' ? this.#random.pick(['plain', 'single', 'double']) : this.#hand.quotes;
    const isPlain = /^(?:-(?=\w)|[A-Za-z/])[\w ./:@%+=()$-]*$/.test(text) && !/: |:$| $|^(?:true|false|null|yes|no|on|off|[yn])$/i.test(text);
    if (style === 'plain' && isPlain && !(inFlow && /[,{}[\]]/.test(text))) return text;
    return style === 'single' || (style === 'plain' && this.#random.chance(0.5)) ? `'${text.replaceAll("'", "''")}'` : JSON.stringify(text);
  }

  #inFlow(value: Json): boolean {
    const members: readonly Json[] = Array.isArray(value) ? (value as readonly Json[]) : Object.values(value as JsonObject).map((member) => member ?? null);
    const isSmall =
      members.every((member) => typeof member !== 'object' || (isMap(member) && Object.values(member).every((each) => typeof each !== 'object'))) &&
      !JSON.stringify(value).includes('\\n');
    return members.length === 0 || (isSmall && this.#random.chance(this.#hand.flow / (Array.isArray(value) ? 1 : 2)));
  }

  #tail(): string {
    return this.#random.chance(this.#hand.comments) ? this.#random.pick(['  # set by the team', ' # TODO', '   #   do not touch: really']) : '';
  }
}

function isMap(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
