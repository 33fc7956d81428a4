import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { spanIdOf, traceIdOf } from '../../src/core/sw8/ids.ts';
import { seededRandom, type Random } from '../convert/random.ts';

const bridge = join(import.meta.dirname, '..', '..', 'java', 'bridge', 'target');
const BATCHES = 10;
const BATCH = 100_000;
const numbers = [
  '',
  '0',
  '1',
  '-1',
  '+1',
  '--1',
  '16563474296430001',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
] as const;
const nasty = ['-', '.', '..', ' ', '+', '_', 'g', 'é', '世', '🌍', '０', '٣', '\t', '\0', '18446744073709551616', '1e3', '0x1'] as const;

describe('a SkyWalking id', () => {
  it('has the same OpenTelemetry ids in the bridge and here, for a million of them', () => {
    if (!existsSync(join(bridge, 'test-classes'))) throw new Error('The bridge is not built: run `mvn -B -q test-compile` in java/ first.');
    const random = seededRandom(8);
    let readable = 0;

    for (let batch = 0; batch < BATCHES; batch += 1) {
      const ids = Array.from({ length: BATCH }, () => ({
        id: drawId(random),
        span: random.chance(0.25) ? random.below(2 ** 32) - 2 ** 31 : random.below(300),
      }));
      const ours = ids.map(({ id, span }) => `${traceIdOf(id)} ${spanIdOf(id, span)}`);
      readable += ours.filter((line) => !/^0+ 0+$/.test(line)).length;

      expect(differences(ids, ours, askJava(ids))).toEqual([]);
    }
    expect(readable).toBeGreaterThan(BATCHES * BATCH * 0.3);
  });
});

interface Drawn {
  readonly id: string;
  readonly span: number;
}

/** Ids of Java agents, of other agents and of OpenTelemetry; and each of them damaged. */
function drawId(random: Random): string {
  const hex = Array.from({ length: 4 }, () =>
    random
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  const java = `${hex}.${random.below(5000)}.${random.below(2 ** 31)}${random.below(2 ** 30)}`;
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const edge = `${hex}.${random.pick(numbers)}.${random.pick(numbers)}`;
  const whole = random.pick([hex, uuid, java, java, edge]);
  return random.chance(0.6) ? whole : damage(random.chance(0.7) ? whole : `${hex}${random.pick(['.5', '-1', '.1.2', '..'])}`, random);
}

function damage(id: string, random: Random): string {
  let damaged = id;
  for (let times = 1 + random.below(3); times > 0; times -= 1) {
    const at = random.below(damaged.length + 1);
    damaged = `${damaged.slice(0, at)}${random.pick(random.chance(0.5) ? nasty : numbers)}${damaged.slice(at + random.below(3))}`;
  }
  // Half a character has no bytes: it would not arrive as it was drawn.
  return damaged.toWellFormed();
}

function askJava(ids: readonly Drawn[]): readonly string[] {
  const classes = ['classes', 'test-classes'].map((each) => join(bridge, each)).join(':');
  const input = ids.map(({ id, span }) => `${span} ${id}\n`).join('');
  const output = execFileSync('java', ['-cp', classes, 'dev.changeover.bridge.sw8.IdsMain'], { input, encoding: 'utf8', maxBuffer: BATCH * 100 });
  return output.trimEnd().split('\n');
}

function differences(ids: readonly Drawn[], ours: readonly string[], javas: readonly string[]): readonly object[] {
  const lines = ids.map((drawn, index) => ({ ...drawn, typescript: ours[index], java: javas[index] }));
  return javas.length === ids.length ? lines.filter(({ typescript, java }) => typescript !== java) : [{ answers: javas.length }];
}
