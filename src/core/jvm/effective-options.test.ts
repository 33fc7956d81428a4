import { describe, expect, it } from 'vitest';
import type { ImageConfig } from '../image/image-facts.ts';
import type { Container, EnvVar } from '../workload/workload.ts';
import { effectiveOptions, type EffectiveOptions, type OptionsInput } from './effective-options.ts';

const SWJ = '/skywalking/agent/skywalking-agent.jar';

function container(members: Partial<Container> = {}): Container {
  return { name: 'app', image: 'app:1', ...members };
}

function image(members: Partial<ImageConfig> = {}): ImageConfig {
  return { os: 'linux', architecture: 'amd64', entrypoint: [], cmd: [], env: [], workingDir: '/app', user: '', labels: {}, volumes: [], ...members };
}

function read(
  members: Partial<Container>,
  config: Partial<ImageConfig> = { entrypoint: ['java', '-jar', 'a.jar'] },
  rest: Partial<OptionsInput> & { readonly files?: { readonly [path: string]: string } } = {},
): EffectiveOptions {
  const { files, ...input } = rest;
  return effectiveOptions({ container: container(members), image: image(config), ...(files ? { imageText: (path: string) => files[path] } : {}), ...input });
}

const texts = ({ options }: EffectiveOptions): readonly string[] => options.map((option) => option.text);
const ids = ({ findings }: EffectiveOptions): readonly string[] => findings.map((finding) => finding.id);
const env = (name: string, value: string): EnvVar => ({ name, value });

describe('carriers and their order', () => {
  it('is JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, the command line, _JAVA_OPTIONS', () => {
    const pod = { env: [env('_JAVA_OPTIONS', '-Dd=4'), env('JDK_JAVA_OPTIONS', '-Db=2'), env('JAVA_TOOL_OPTIONS', '-Da=1')] };

    const result = read(pod, { entrypoint: ['java', '-Dc=3', '-jar', 'a.jar'] });

    expect(texts(result)).toEqual(['-Da=1', '-Db=2', '-Dc=3', '-Dd=4']);
    expect(result.options.map((option) => option.carrier)).toEqual(['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', 'args', '_JAVA_OPTIONS']);
    expect(result.jvm).toBe('yes');
  });

  it('leaves JAVA_OPTS out where java is started without a shell', () => {
    expect(texts(read({ env: [env('JAVA_OPTS', '-Dx=1')] }))).toEqual([]);
  });

  it('ignores JDK_JAVA_OPTIONS on Java 8 and says so', () => {
    const result = read({ env: [env('JDK_JAVA_OPTIONS', `-javaagent:${SWJ}`), env('JAVA_VERSION', '8u342')] });

    expect(texts(result)).toEqual([]);
    expect(ids(result)).toContain('jdk-java-options-ignored');
  });

  it('asks the release file of JAVA_HOME which Java it is', () => {
    const config = {
      entrypoint: ['java', '-jar', 'a.jar'],
      env: [
        ['JAVA_HOME', '/jdk'],
        ['JDK_JAVA_OPTIONS', '-Dx=1'],
      ] as const,
    };

    expect(texts(read({}, config, { files: { '/jdk/release': 'IMPLEMENTOR="x"\nJAVA_VERSION="1.8.0_402"\n' } }))).toEqual([]);
    expect(texts(read({}, config, { files: { '/jdk/release': 'JAVA_VERSION="17.0.10"\n' } }))).toEqual(['-Dx=1']);
  });

  it('takes the image ENV only where the pod does not set the name', () => {
    const config = { entrypoint: ['java'], env: [['JAVA_TOOL_OPTIONS', `-javaagent:${SWJ} -Xss1m`]] as const };

    expect(texts(read({}, config))).toEqual([`-javaagent:${SWJ}`, '-Xss1m']);
    expect(texts(read({ env: [env('JAVA_TOOL_OPTIONS', '')] }, config))).toEqual([]);
    expect(read({}, config).options[0]?.source).toEqual({ kind: 'image-env', name: 'JAVA_TOOL_OPTIONS' });
  });

  it('reports malformed carriers instead of guessing', () => {
    expect(read({ env: [env('JAVA_TOOL_OPTIONS', '-Da="b')] }).findings).toEqual([
      { id: 'unmatched-quote', severity: 'block', params: { variable: 'JAVA_TOOL_OPTIONS' } },
    ]);
  });
});

describe("the kubelet's references", () => {
  it('resolves earlier entries and envFrom only, and keeps places of raw bytes', () => {
    const value = '-Da=$(EARLY) -Db=$(LATE) -Dc=$(FROM) -Dd=$$(EARLY)';
    const pod = { env: [env('EARLY', 'e'), env('JAVA_TOOL_OPTIONS', value), env('LATE', 'l')], envFrom: [{ configMapRef: { name: 'cm' }, prefix: 'FR' }] };

    const { options } = read(pod, undefined, { envFrom: { cm: { OM: 'f' } } });

    expect(options.map((option) => option.text)).toEqual(['-Da=e', '-Db=$(LATE)', '-Dc=f', '-Dd=$(EARLY)']);
    expect(options.map((option) => value.slice(option.start, option.end))).toEqual(['-Da=$(EARLY)', '-Db=$(LATE)', '-Dc=$(FROM)', '-Dd=$$(EARLY)']);
    expect(options.every((option) => option.unresolved === undefined)).toBe(true);
  });

  it('keeps references that only the cluster can resolve, and marks them', () => {
    const pod = {
      env: [
        { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        env('JAVA_TOOL_OPTIONS', '-Da=$(POD_NAME) -Db=$$(POD_NAME) -Dc=$(DB_SERVICE_HOST)'),
      ],
    };

    const { options, findings } = read(pod);

    expect(findings).toEqual([{ id: 'unresolved-reference', severity: 'info', params: { variable: 'JAVA_TOOL_OPTIONS', references: ['POD_NAME'] } }]);
    expect(options.map((option) => option.text)).toEqual(['-Da=$(POD_NAME)', '-Db=$(POD_NAME)', '-Dc=$(DB_SERVICE_HOST)']);
    expect(options.map((option) => option.unresolved)).toEqual([['POD_NAME'], undefined, ['DB_SERVICE_HOST']]);
  });

  it.each(['OAP_SERVICE_HOST', 'OAP_SERVICE_PORT', 'OAP_SERVICE_PORT_GRPC', 'OAP_PORT', 'OAP_PORT_11800_TCP_ADDR'])(
    'knows that the kubelet sets %s',
    (name) => {
      expect(ids(read({ env: [env('JAVA_TOOL_OPTIONS', `-Da=$(${name})`)] }))).toEqual([]);
    },
  );

  it('lets the last duplicate win and expands arguments with pod variables, not with image ENV', () => {
    const pod = { env: [env('A', '1'), env('A', '2')], args: ['-Da=$(A)', '-Db=$(B)', '-jar', 'a.jar'] };

    expect(texts(read(pod, { entrypoint: ['java'], cmd: ['-Dhidden=1'], env: [['B', 'image']] }))).toEqual(['-Da=2', '-Db=$(B)']);
  });

  it('never reads Secrets: a carrier in one blocks, other variables are named', () => {
    const secret = (name: string): EnvVar => ({ name, valueFrom: { secretKeyRef: { name: 's', key: 'k' } } });

    const result = read({ env: [secret('JAVA_TOOL_OPTIONS'), secret('DB_PASSWORD')] });

    expect(result.findings).toEqual([
      { id: 'secret-not-read', severity: 'info', params: { names: ['JAVA_TOOL_OPTIONS', 'DB_PASSWORD'] } },
      { id: 'options-unreadable', severity: 'block', params: { variable: 'JAVA_TOOL_OPTIONS', why: 'secret' } },
    ]);
  });

  it('reads carriers from ConfigMaps, and reports those it cannot read', () => {
    const entry = { name: 'JAVA_TOOL_OPTIONS', valueFrom: { configMapKeyRef: { name: 'cm', key: 'opts' } } };

    expect(texts(read({ env: [entry] }, undefined, { envFrom: { cm: { opts: '-Da=1' } } }))).toEqual(['-Da=1']);
    expect(ids(read({ env: [entry] }, undefined, { envFrom: { cm: null } }))).toEqual(['options-unreadable']);
    expect(ids(read({ envFrom: [{ configMapRef: { name: 'cm' } }] }))).toEqual(['config-map-not-read']);
  });
});

describe('command lines', () => {
  it('ends JVM options where the program begins', () => {
    const result = read({}, { entrypoint: ['java', '-cp', 'x:y', '-Da=1', 'com.acme.Main', `-javaagent:${SWJ}`] });

    expect(texts(result)).toEqual(['-cp', '-Da=1']);
    expect(ids(result)).toEqual(['program-argument']);
    expect(texts(read({ command: ['java', '-jar', 'a.jar', `-javaagent:${SWJ}`] }))).toEqual([]);
  });

  it('names list and element of every option', () => {
    const { options } = read({ args: [`-javaagent:${SWJ}`, '-jar', 'a.jar'] }, { entrypoint: ['/sbin/tini', '--', '/usr/bin/java', '-Da=1'], cmd: ['hidden'] });

    expect(options.map(({ text, source, element }) => ({ text, source, element }))).toEqual([
      { text: '-Da=1', source: { kind: 'image-entrypoint' }, element: 3 },
      { text: `-javaagent:${SWJ}`, source: { kind: 'pod-args' }, element: 0 },
    ]);
  });

  it('reads argument files of the image', () => {
    const files = { '/app/jvm.args': '# agents\n-javaagent:/a.jar -Dx="y z"\n' };

    const result = read({}, { entrypoint: ['java', '@jvm.args', '-jar', 'a.jar'] }, { files });

    expect(texts(result)).toEqual(['-javaagent:/a.jar', '-Dx=y z']);
    expect(result.options[0]).toMatchObject({ source: { kind: 'image-file', path: '/app/jvm.args' }, syntax: 'argfile', start: 9, end: 26 });
    expect(ids(read({}, { entrypoint: ['java', '@/gone', '-jar', 'a.jar'] }))).toEqual(['option-file-unread']);
  });

  it('does not take a class path file for options', () => {
    const files = { '/app/jib-classpath-file': '/app/libs/a.jar:/app/classes' };

    const result = read({}, { entrypoint: ['java', '-Xms1g', '-cp', '@/app/jib-classpath-file', '-Da=1', 'com.acme.Main'] }, { files });

    expect(texts(result)).toEqual(['-Xms1g', '-cp', '-Da=1']);
  });

  it('reads option files that options name', () => {
    const files = { '/vm': "-javaagent:/a.jar\n-Dx='y z'", '/f': '-Df=1' };
    const pod = { env: [env('JAVA_TOOL_OPTIONS', '-XX:VMOptionsFile=/vm'), env('JDK_JAVA_OPTIONS', '@/f')], args: ['@/main', '-Dno=1'] };

    const result = read(pod, { entrypoint: ['java'] }, { files: { ...files, '/main': '-Dm=1 -jar a.jar' } });

    expect(texts(result)).toEqual(['-XX:VMOptionsFile=/vm', '-javaagent:/a.jar', '-Dx=y z', '-Df=1', '-Dm=1']);
  });

  it('follows sh -c, with variables split but not unquoted', () => {
    const script = `exec java $JAVA_OPTS -javaagent:${SWJ} -Dskywalking.agent.service_name=\${APP} -jar a.jar`;

    const result = read({ command: ['sh', '-c', script], env: [env('JAVA_OPTS', '-Da="b c"')] });

    expect(texts(result)).toEqual(['-Da="b', 'c"', `-javaagent:${SWJ}`, '-Dskywalking.agent.service_name=${APP}']);
    expect(result.options.map((option) => option.expands === true)).toEqual([false, false, false, true]);
    expect(result.options[2]).toMatchObject({ carrier: 'script', source: { kind: 'pod-command' }, element: 2, syntax: 'script' });
    expect(script.slice(result.options[2]?.start, result.options[2]?.end)).toBe(`-javaagent:${SWJ}`);
  });

  it('resolves shell variables that are known', () => {
    const result = read({ command: ['sh', '-c', 'PORT=80; java -Da=$APP -Db=${PORT} -Dc=${NONE:-d} -De=$(hostname) -jar a.jar'], env: [env('APP', 'shop')] });

    expect(texts(result)).toEqual(['-Da=shop', '-Db=80', '-Dc=d', '-De=$(hostname)']);
    expect(result.options.map((option) => option.expands === true)).toEqual([false, false, false, true]);
  });

  it('knows programs that are no JVM, and says when it cannot know', () => {
    expect(read({ env: [env('JAVA_TOOL_OPTIONS', '-Da=1')] }, { entrypoint: ['nginx', '-g', 'daemon off;'] })).toMatchObject({
      options: [],
      jvm: 'no',
      findings: [],
    });
    expect(read({}, { entrypoint: ['/app/server'] }).jvm).toBe('unknown');
    expect(read({}, { entrypoint: ['/app/application.jar'] }).jvm).toBe('yes');
  });
});

describe('Tomcat', () => {
  const tomcat = {
    cmd: ['catalina.sh', 'run'],
    env: [
      ['CATALINA_HOME', '/usr/local/tomcat'],
      ['PATH', '/usr/local/tomcat/bin:/bin'],
    ] as const,
  };

  it('evaluates JAVA_OPTS, then CATALINA_OPTS, once more', () => {
    const pod = { env: [env('CATALINA_OPTS', `-javaagent:${SWJ} -Dskywalking.agent.service_name="my app" -Dfoo='a;b'`), env('JAVA_OPTS', '-Da=\\"x\\"')] };

    const result = read(pod, tomcat);

    expect(texts(result)).toEqual(['-Da="x"', `-javaagent:${SWJ}`, '-Dskywalking.agent.service_name=my app', '-Dfoo=a;b']);
    expect(result.options[1]).toMatchObject({ carrier: 'CATALINA_OPTS', syntax: 'catalina' });
  });

  it('reads setenv.sh beside catalina.sh, appended to the variable or in its place', () => {
    const pod = { env: [env('CATALINA_OPTS', '-Dpod=1')] };
    const path = '/usr/local/tomcat/bin/setenv.sh';
    const appended = read(pod, tomcat, { files: { [path]: `CATALINA_OPTS="$CATALINA_OPTS -javaagent:${SWJ} -Da='b c'"\n` } });
    const replaced = read(pod, tomcat, { files: { [path]: '#!/bin/sh\nexport CATALINA_OPTS="-Dfile=1"\n' } });

    expect(texts(appended)).toEqual(['-Dpod=1', `-javaagent:${SWJ}`, '-Da=b c']);
    expect(appended.options[1]?.source).toEqual({ kind: 'image-file', path });
    expect(texts(replaced)).toEqual(['-Dfile=1']);
  });

  it('is not started by catalina.sh stop', () => {
    expect(read({ env: [env('CATALINA_OPTS', '-Da=1')] }, { cmd: ['catalina.sh', 'stop'] }).options).toEqual([]);
  });
});

describe('start scripts', () => {
  const start =
    '#!/bin/sh\nset -e\n# -javaagent:/old.jar\nJAVA_OPTS="$JAVA_OPTS \\\n  -javaagent:/sw/skywalking-agent.jar=agent.service_name=$APP \\\n  -Xmx1g"\nexec java $JAVA_OPTS $EXTRA -jar /app.jar "$@"\n';

  it('reads what an entrypoint script hands to java', () => {
    const pod = { env: [env('APP', 'shop'), env('JAVA_OPTS', '-Dpod=1'), env('EXTRA', '-De=2'), env('UNUSED', '-Df=3')] };

    const result = read(pod, { entrypoint: ['/start.sh'], cmd: ['--port=1'] }, { files: { '/start.sh': start } });

    expect(texts(result)).toEqual(['-Dpod=1', '-javaagent:/sw/skywalking-agent.jar=agent.service_name=shop', '-Xmx1g', '-De=2']);
    const agent = result.options[1];
    expect(start.slice(agent?.start, agent?.end)).toBe('-javaagent:/sw/skywalking-agent.jar=agent.service_name=$APP');
    expect(result.options.map((option) => option.carrier)).toEqual(['JAVA_OPTS', 'script', 'script', 'env']);
    expect(result.jvm).toBe('yes');
  });

  it('counts every branch, since nobody knows which one runs', () => {
    const script = '#!/bin/bash\nif [ "$SW" = on ]; then\n  OPTS="-javaagent:/sw.jar"\nelse\n  OPTS="-Dnone=1"\nfi\njava $OPTS -jar a.jar';

    expect(texts(read({}, { entrypoint: ['/s.sh'] }, { files: { '/s.sh': script } }))).toEqual(['-javaagent:/sw.jar', '-Dnone=1']);
  });

  it('follows exec "$@", set --, sourced files and commands kept in variables', () => {
    const files = {
      '/exec.sh': '#!/bin/sh\nexec "$@"\n',
      '/set.sh': '#!/bin/sh\nset -- java -Da=1 "$@"\nexec "$@"\n',
      '/source.sh': '#!/bin/sh\n. /opts.sh\njava $OPTS -jar a.jar\n',
      '/opts.sh': 'export OPTS="-Dsourced=1"\n',
      '/command.sh': '#!/bin/sh\nCMD="java $JAVA_OPTS -Dc=1 -jar a.jar -Dno=1"\neval exec $CMD\n',
      '/eval.sh': '#!/bin/sh\neval "exec java $JAVA_OPTS -Da=\'x y\' -jar a.jar"\n',
    };
    const run = (path: string, cmd: readonly string[] = []): readonly string[] =>
      texts(read({ env: [env('JAVA_OPTS', '-Do=1')] }, { entrypoint: [path], cmd }, { files }));

    expect(run('/exec.sh', ['java', '-Dx=1', '-jar', 'a.jar'])).toEqual(['-Dx=1']);
    expect(run('/set.sh', ['-Dx=1', '-jar', 'a.jar'])).toEqual(['-Da=1', '-Dx=1']);
    expect(run('/source.sh')).toEqual(['-Dsourced=1']);
    expect(run('/command.sh')).toEqual(['-Do=1', '-Dc=1']);
    expect(run('/eval.sh')).toEqual(['-Do=1', '-Da=x y']);
  });

  it('counts a variable that a script mentions in a way we do not follow', () => {
    const gradle =
      '#!/bin/sh\nDEFAULT_JVM_OPTS=\'"-Xmx64m"\'\neval "set -- $(printf \'%s\\n\' "$DEFAULT_JVM_OPTS $JAVA_OPTS $APP_OPTS" | xargs -n1)" \'"$@"\'\nexec "$JAVACMD" "$@"\n';

    const result = read({ env: [env('JAVA_OPTS', `-javaagent:${SWJ}`)] }, { entrypoint: ['/bin/app'] }, { files: { '/bin/app': gradle } });

    expect(texts(result)).toContain(`-javaagent:${SWJ}`);
    expect(result.jvm).toBe('yes');
  });

  it('follows cd, for relative paths', () => {
    const files = {
      '/app/bin/s.sh': '#!/bin/sh\ncd "$(dirname "$0")"\ncd ../lib\n. ./opts.sh\njava $OPTS @x.args -jar a.jar',
      '/app/lib/opts.sh': 'OPTS=-Do=1\n',
      '/app/lib/x.args': '-Da=1',
    };

    const result = read({}, { entrypoint: ['bin/s.sh'], workingDir: '/app' }, { files });

    expect(texts(result)).toEqual(['-Do=1', '-Da=1']);
    expect(result.workingDir).toBe('/app/lib');
  });

  it('does not take a version check for the start', () => {
    const script = '#!/bin/sh\njava -version -Dno=1\njava -Dyes=1 -jar a.jar';

    expect(texts(read({}, { entrypoint: ['/s.sh'] }, { files: { '/s.sh': script } }))).toEqual(['-Dyes=1']);
  });

  it('assumes the usual variables where the script cannot be read', () => {
    const pod = { env: [env('CATALINA_OPTS', "-Da='b c'"), env('JAVA_OPTS', '-Dx=1'), env('JVM_OPTS', `-javaagent:${SWJ}`), env('APP_ARGS', '-Dy=1')] };

    const result = read(pod, { entrypoint: ['/start.sh'] });

    expect(texts(result)).toEqual(['-Dx=1', '-Da=b c', `-javaagent:${SWJ}`]);
    expect(result.jvm).toBe('unknown');
    expect(result.findings).toEqual([
      { id: 'start-script-unread', severity: 'info', params: { program: '/start.sh' } },
      { id: 'options-assumed', severity: 'info', params: { variables: ['JAVA_OPTS', 'CATALINA_OPTS', 'JVM_OPTS'] } },
    ]);
  });
});
