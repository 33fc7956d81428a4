import { describe, expect, it } from 'vitest';
import { effectiveOptions, type EffectiveOptions } from './effective-options.ts';

const image = {
  os: 'linux',
  architecture: 'amd64',
  entrypoint: ['java', '-jar', 'a.jar'],
  cmd: [],
  env: [],
  workingDir: '/',
  user: '',
  labels: {},
  volumes: [],
};

function read(env: { readonly [name: string]: string }): EffectiveOptions {
  return effectiveOptions({ container: { name: 'app', image: 'a', env: Object.entries(env).map(([name, value]) => ({ name, value })) }, image });
}

function script(text: string, env: { readonly [name: string]: string } = {}): EffectiveOptions {
  const container = { name: 'app', image: 'a', command: ['sh', '-c', text], env: Object.entries(env).map(([name, value]) => ({ name, value })) };
  return effectiveOptions({ container, image });
}

const texts = ({ options }: EffectiveOptions): readonly string[] => options.map((option) => option.text);

// Marked as what the documentation says: no Java 8 is at hand to hold them against.
describe.each(['JAVA_TOOL_OPTIONS', '_JAVA_OPTIONS'])('Java 8 and %s', (name) => {
  const sized = (bytes: number): string => `-Da=${'x'.repeat(bytes - 4)}`;

  it.each([
    ['8u402', 1023, 1],
    ['8u402', 1024, 0],
    ['1.8.0_402', 1024, 0],
    ['17.0.1', 1024, 1],
    ['', 1024, 1],
  ])('version "%s", %i bytes: %i options', (version, bytes, count) => {
    const result = read({ JAVA_VERSION: version, [name]: sized(bytes) });

    expect(result.options.length).toBe(count);
    expect(result.findings).toEqual(count === 1 ? [] : [{ id: 'java-8-options-ignored', severity: 'warn', params: { variable: name, bytes, most: 1023 } }]);
  });

  it('counts bytes, not characters', () => {
    expect(texts(read({ JAVA_VERSION: '8', [name]: `-Da=${'ü'.repeat(510)}` }))).toEqual([]);
  });

  it('takes 64 options and drops the rest', () => {
    const result = read({ JAVA_VERSION: '8', [name]: Array.from({ length: 66 }, (_, index) => `-Da${index}`).join(' ') });

    expect(texts(result).length).toBe(64);
    expect(texts(result).at(-1)).toBe('-Da63');
    expect(result.findings).toEqual([{ id: 'java-8-options-dropped', severity: 'warn', params: { variable: name, dropped: 2, most: 64 } }]);
  });

  it('does not mind a quote in a value that is not read at all', () => {
    expect(read({ JAVA_VERSION: '8', [name]: `${sized(1024)}"` }).findings.map(({ id }) => id)).toEqual(['java-8-options-ignored']);
  });
});

describe('what no process can be given', () => {
  it.each([
    [131_072, 1],
    [131_073, 0],
  ])('is a variable of %i bytes', (bytes, count) => {
    const result = read({ JAVA_TOOL_OPTIONS: `-Da=${'x'.repeat(bytes - 'JAVA_TOOL_OPTIONS=-Da=\0'.length)}` });

    expect(result.options.length).toBe(count);
    expect(result.findings.map(({ id, severity }) => [id, severity])).toEqual(count === 1 ? [] : [['env-too-long', 'block']]);
  });

  it.each(['x', '$(', '$(A', '$$', "'", '"', '`', '${A:-', ' -Da=b', '\\', '#', '\n'])('is 10 MB of %j', (unit) => {
    const value = unit.repeat(10_000_000 / unit.length);

    expect(read({ JAVA_TOOL_OPTIONS: value, CATALINA_OPTS: value }).findings.map(({ id }) => id)).toEqual(['env-too-long', 'env-too-long']);
  });

  it('is a variable that doubles another one again and again', () => {
    const env = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`A${index + 1}`, `$(A${index})$(A${index})`]));

    const ids = read({ A0: 'x', ...env, JAVA_TOOL_OPTIONS: '$(A60)' }).findings.map(({ id }) => id);

    expect(new Set(ids)).toEqual(new Set(['env-too-long']));
  });
});

describe('references in a circle', () => {
  it('stay as they are written, as the kubelet leaves them', () => {
    expect(texts(read({ A: '-Da=$(B)', B: '-Db=$(A)', JAVA_TOOL_OPTIONS: '$(A) $(B) -Dc=$(JAVA_TOOL_OPTIONS)' }))).toEqual([
      '-Da=$(B)',
      '-Db=-Da=$(B)',
      '-Dc=$(JAVA_TOOL_OPTIONS)',
    ]);
  });

  it('do not stop the reading of a script', () => {
    expect(texts(script('A="$B -Da=1"; B="$A -Db=1"; A="$A $B"; exec java $A -jar a.jar'))).toEqual(['-Da=1', '-Db=1']);
    expect(texts(script(`set -- java -Da=1; ${'set -- "$@" "$@"; '.repeat(40)} exec "$@"`))[0]).toBe('-Da=1');
    expect(script(`A=-Da=1; ${'A="$A $A"; '.repeat(40)} exec java $A`).options.length).toBe(1);
    expect(script(`A=a; ${'A=$A$A; '.repeat(40)} exec java -Da=$A`).jvm).toBe('yes');
  });
});
