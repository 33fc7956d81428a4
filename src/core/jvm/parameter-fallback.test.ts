import { describe, expect, it } from 'vitest';
import { effectiveOptions } from './effective-options.ts';
import { removeAgentTokens, replaceAgentFlag } from './remove-agent.ts';

const jarPath = '/sw/skywalking-agent.jar';
const agent = { ownsProperty: (name: string) => name.startsWith('skywalking.') };
const image = { os: 'linux', architecture: 'amd64', entrypoint: [], cmd: [], env: [], workingDir: '/', user: '', labels: {}, volumes: [] };

function read(script: string, values: { readonly [name: string]: string } = {}): readonly string[] {
  const env = Object.entries(values).map(([name, value]) => ({ name, value }));
  return effectiveOptions({ container: { name: 'app', image: 'a', command: ['sh', '-c', script], env }, image }).options.map((option) => option.text);
}

describe('fallbacks of shell variables', () => {
  it.each([
    ['${OPTS:--Da=1 -Db=2}', {}, ['-Da=1', '-Db=2']],
    ['${OPTS:--Da=1 -Db=2}', { OPTS: '' }, ['-Da=1', '-Db=2']],
    ['${OPTS:--Da=1 -Db=2}', { OPTS: '-Dpod=1' }, ['-Dpod=1']],
    ['${OPTS--Da=1}', {}, ['-Da=1']],
    ['${OPTS--Da=1}', { OPTS: '' }, []],
    ['${OPTS:=-Da=1}', {}, ['-Da=1']],
    ['${SW:+-javaagent:/a.jar -Da=1}', {}, []],
    ['${SW:+-javaagent:/a.jar -Da=1}', { SW: '' }, []],
    ['${SW:+-javaagent:/a.jar -Da=1}', { SW: 'on' }, ['-javaagent:/a.jar', '-Da=1']],
    ['${SW+-Da=1}', { SW: '' }, ['-Da=1']],
    ['${A:-${B:--Db=1}}', {}, ['-Db=1']],
    ['${A:-${B:--Db=1}}', { B: '-Dpod=1' }, ['-Dpod=1']],
    ['${A:-"-Da=b c"}', {}, ['-Da=b c']],
    ['-Da=${A-x}${B:-y}${C:+z}', { A: '', C: '1' }, ['-Da=yz']],
    ['-Da=${A:-"x"}', {}, ['-Da=${A:-"x"}']],
  ])('%s with %j', (word, env, options) => {
    expect(read(`exec java ${word} -jar a.jar`, env)).toEqual(options);
  });

  it('count in assigned values', () => {
    const script = 'JAVA_OPTS="${JAVA_OPTS:--Xmx1g -javaagent:/sw/skywalking-agent.jar} -Da=1"; exec java $JAVA_OPTS -jar a.jar';

    expect(read(script)).toEqual(['-Xmx1g', '-javaagent:/sw/skywalking-agent.jar', '-Da=1']);
    expect(read(script, { JAVA_OPTS: '-Dpod=1' })).toEqual(['-Dpod=1', '-Da=1']);
  });

  it('know the raw place of what stands in them', () => {
    const script = `exec java \${OPTS:--Xmx1g "-javaagent:${jarPath}"} -jar a.jar`;
    const container = { name: 'app', image: 'a', command: ['sh', '-c', script] };

    const option = effectiveOptions({ container, image }).options[1];

    expect(script.slice(option?.start, option?.end)).toBe(`"-javaagent:${jarPath}"`);
  });

  it.each([
    [
      `exec java \${OPTS:--Xmx1g -javaagent:${jarPath}=a=b} -jar a.jar`,
      'exec java ${OPTS:--Xmx1g} -jar a.jar',
      'exec java ${OPTS:--Xmx1g -javaagent:/otel.jar} -jar a.jar',
    ],
    [`exec java \${SW:+-javaagent:${jarPath}} -jar a.jar`, 'exec java ${SW:+} -jar a.jar', 'exec java ${SW:+-javaagent:/otel.jar} -jar a.jar'],
    [`A="\${A:--javaagent:${jarPath} -Dskywalking.a=b} -Xmx1g"`, 'A="${A:-} -Xmx1g"', 'A="${A:--javaagent:/otel.jar} -Xmx1g"'],
    [`A="\${A:-\${B:--javaagent:${jarPath} -Db=1}}"`, 'A="${A:-${B:--Db=1}}"', 'A="${A:-${B:--javaagent:/otel.jar -Db=1}}"'],
  ])('are edited in place: %s', (script, removed, replaced) => {
    expect(removeAgentTokens(script, 'script', { jarPath, agent }).text).toBe(removed);
    expect(replaceAgentFlag(script, 'script', { jarPath, agent, newJarPath: '/otel.jar' }).text).toBe(replaced);
  });
});
