import { describe, expect, it } from 'vitest';
import { meansOption, optionNames, optionProblem } from './option-name.ts';

const meet = (a: string, b: string): boolean => optionNames(a).some((name) => optionNames(b).includes(name));

describe('optionNames', () => {
  it.each([
    ['-Xmx512m', '-Xmx2g'],
    ['-Xmx512m', '-XX:MaxHeapSize=1g'],
    ['-Xss1m', '-XX:ThreadStackSize=512'],
    ['-XX:MaxRAMPercentage=75', '-XX:MaxRAMPercentage=50.0'],
    ['-XX:+UseStringDeduplication', '-XX:-UseStringDeduplication'],
    ['-XX:+UseG1GC', '-XX:+UseZGC'],
    ['-XX:+UseConcMarkSweepGC', '-XX:+UseParallelGC'],
    ['-XX:+UseG1GC', '-XX:-UseG1GC'],
    ['-Dkey=a', '-Dkey=b=c'],
    ['-Dkey', '-Dkey=b'],
    ['--add-opens=java.base/java.lang=ALL-UNNAMED', '--add-opens=java.base/java.lang=ALL-UNNAMED'],
  ])("%s and %s take each other's place", (a, b) => {
    expect(meet(a, b)).toBe(true);
  });

  it.each([
    ['-Xmx512m', '-Xms512m'],
    ['-XX:-UseG1GC', '-XX:+UseZGC'],
    ['-XX:+UseG1GC', '-XX:+UseGCOverheadLimit'],
    ['-XX:+UseG1GC', '-XX:+UseStringDeduplication'],
    ['-Dkey=a', '-Dkey2=a'],
    ['--add-opens=java.base/java.lang=ALL-UNNAMED', '--add-opens=java.base/java.util=ALL-UNNAMED'],
    ['-Xlog:gc', '-Xlog:safepoint'],
  ])('%s and %s stand side by side', (a, b) => {
    expect(meet(a, b)).toBe(false);
  });
});

describe('meansOption', () => {
  it.each([
    ['-Xmx', '-Xmx512m', true],
    ['-Xmx512m', '-Xmx512m', true],
    ['-Xmx512m', '-Xmx1g', false],
    ['-XX:MaxRAMPercentage', '-XX:MaxRAMPercentage=75', true],
    ['-XX:UseG1GC', '-XX:+UseG1GC', true],
    ['-XX:+UseG1GC', '-XX:+UseZGC', false],
    ['-Dkey', '-Dkey=a', true],
    ['-Dkey', '-Dkey.more=a', false],
    ['-Xlog:gc', '-Xlog:gc*', false],
  ])('%s means %s: %s', (wanted, option, means) => {
    expect(meansOption(wanted, option)).toBe(means);
  });
});

describe('optionProblem', () => {
  it.each(['-Xmx1g', '-XX:+UseZGC', '-XX:MaxRAMPercentage=75', '-Dkey=a b', '-Dkey', '--add-opens=java.base/java.lang=ALL-UNNAMED', '-Xlog:gc*', '-ea'])(
    'takes %s',
    (option) => {
      expect(optionProblem(option)).toBeUndefined();
    },
  );

  it.each([
    '-javaagent:/a.jar',
    '-agentpath:/a.so',
    '-XX:Flags=a',
    '-XX:VMOptionsFile=a',
    '--add-opens',
    '-jar',
    '-Xmx',
    '-XX:UseZGC',
    'Xmx1g',
    '-Dkey=a\nb',
    '',
  ])('refuses %j', (option) => {
    expect(optionProblem(option)).toMatch(/^must /);
  });
});
