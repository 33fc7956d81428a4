import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../test/builders/image-facts.ts';
import type { Container } from '../workload/workload.ts';
import { bootCommand, type BootSubject } from './boot-command.ts';

const image = { env: {}, changes: [] };

describe('the command of a boot probe', () => {
  it('has every option of the command line and of scripts, and -version in place of the program', () => {
    const facts = factsOf({ '/run.sh': 'exec java -Xmx1g $JAVA_OPTS -jar /app.jar --port 1\n' }, { entrypoint: ['/bin/sh', '/run.sh'] });

    const argv = argvOf({ facts, container: container({ env: [{ name: 'JAVA_OPTS', value: '-javaagent:/sw/agent.jar -Dx=1' }] }) });

    expect(argv).toEqual(['java', '-Xmx1g', '-javaagent:/sw/agent.jar', '-Dx=1', '-version']);
  });

  it('leaves to the JVM what it reads from variables itself', () => {
    const env = [{ name: 'JAVA_TOOL_OPTIONS', value: '-javaagent:/sw/agent.jar' }];

    expect(argvOf({ container: container({ env }) })).toEqual(['java', '-version']);
  });

  it('reads variables, start and scripts as the new image has them', () => {
    const facts = factsOf(
      { '/run.sh': 'exec java -javaagent:/sw/agent.jar -jar /app.jar\n' },
      { entrypoint: ['/bin/sh', '/run.sh'], env: [['JAVA_OPTS', '-Dold']] },
    );
    const bytes = new TextEncoder().encode('exec java -Xss1m $JAVA_OPTS -jar /app.jar\n');
    const file = { kind: 'file', path: '/run.sh', bytes, mode: 0o755, uid: 0, gid: 0 } as const;

    expect(argvOf({ facts, image: { env: { JAVA_OPTS: '-Dnew' }, changes: [file] } })).toEqual(['java', '-Xss1m', '-Dnew', '-version']);
    expect(argvOf({ facts, image: { ...image, entrypoint: ['java', '-Xint', '-jar', 'a.jar'] } })).toEqual(['java', '-Xint', '-version']);
  });

  it('starts the very java that the container starts, else that of JAVA_HOME', () => {
    const command = ['tini', '--', '/opt/jdk/bin/java', '-Xmx1g', '-jar', 'a.jar'];
    const script = factsOf({ '/run.sh': 'exec java -jar /app.jar\n' }, { entrypoint: ['/bin/sh', '/run.sh'], env: [['JAVA_HOME', '/opt/java']] });

    expect(argvOf({ container: container({ command }) })).toEqual(['/opt/jdk/bin/java', '-Xmx1g', '-version']);
    expect(argvOf({ facts: script })[0]).toBe('/opt/java/bin/java');
  });

  it.each([
    ['writes a log of the application', '-Xlog:gc*:file=/logs/gc.log'],
    ['writes a log of the application, in an older JVM', '-Xloggc:/logs/gc.log'],
    ['waits for a debugger', '-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address=5005'],
    ['has its value in the next word', '--add-opens'],
    ['holds a variable that is not known', '-Dhost=$(OAP_SERVICE_HOST)'],
  ])('has no option that %s', (_what, option) => {
    const command = ['java', option, ...(option === '--add-opens' ? ['java.base/java.lang=ALL-UNNAMED'] : []), '-Xmx1g', '-jar', 'a.jar'];

    expect(argvOf({ container: container({ command }) })).toEqual(['java', '-Xmx1g', '-version']);
  });

  it('keeps a $( that is meant as it stands', () => {
    expect(argvOf({ container: container({ command: ['java', '-Dx=$$(y)', '-jar', 'a.jar'] }) })).toEqual(['java', '-Dx=$$(y)', '-version']);
  });

  it('is not known where the start is not', () => {
    const facts = factsOf(undefined, { entrypoint: ['/bin/start'] });

    expect(bootCommand(subject({ facts }))).toEqual({ kind: 'unknown', because: 'start-not-read' });
  });
});

function argvOf(more: Partial<BootSubject>): readonly string[] {
  const command = bootCommand(subject(more));
  return command.kind === 'command' ? command.argv : [command.because];
}

function subject(more: Partial<BootSubject>): BootSubject {
  return { container: container({}), facts: factsOf({}), image, configMaps: {}, ...more };
}

function container(more: Partial<Container>): Container {
  return { name: 'orders', image: 'registry.example.com/shop/orders:1', ...more };
}
