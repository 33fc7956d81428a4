import { describe, expect, it } from 'vitest';
import { effectiveOptions } from '../../src/core/jvm/effective-options.ts';

const SW = '-javaagent:/sw/skywalking-agent.jar';

interface Template {
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly image?: { readonly [name: string]: string };
  readonly env?: { readonly [name: string]: string };
  readonly files?: { readonly [path: string]: string };
}

function read(template: Template): readonly string[] {
  const { entrypoint = [], cmd = [], files = {} } = template;
  const image = {
    os: 'linux',
    architecture: 'amd64',
    entrypoint,
    cmd,
    env: Object.entries(template.image ?? {}),
    workingDir: '/app',
    user: '',
    labels: {},
    volumes: [],
  };
  const env = Object.entries(template.env ?? {}).map(([name, value]) => ({ name, value }));
  const { command, args } = template;
  const container = { name: 'app', image: 'a', env, ...(command ? { command } : {}), ...(args ? { args } : {}) };
  return effectiveOptions({ container, image, imageText: (path) => files[path] }).options.map((option) => option.text);
}

const sh = (text: string): string => `#!/bin/sh\n${text}\n`;
const script = (text: string, rest: Template = {}): Template => ({
  entrypoint: ['/start.sh'],
  files: { '/start.sh': sh(text), ...rest.files },
  ...(rest.env ? { env: rest.env } : {}),
});

const tomcat = { cmd: ['catalina.sh', 'run'], image: { CATALINA_HOME: '/t', PATH: '/t/bin:/bin' } };
const wildfly = {
  entrypoint: ['/opt/jboss/wildfly/bin/standalone.sh'],
  image: { JBOSS_HOME: '/opt/jboss/wildfly' },
  files: {
    '/opt/jboss/wildfly/bin/standalone.sh': sh(
      'RUN_CONF="$JBOSS_HOME/bin/standalone.conf"\n. "$RUN_CONF"\nif [ "x$JAVA" = "x" ]; then JAVA=java; fi\neval \\"$JAVA\\" -Dstandalone=1 $JAVA_OPTS -jar \\""$JBOSS_HOME/jboss-modules.jar"\\"',
    ),
    '/opt/jboss/wildfly/bin/standalone.conf': `if [ "x$JAVA_OPTS" = "x" ]; then\n  JAVA_OPTS="-Xms64m"\nfi\nJAVA_OPTS="$JAVA_OPTS ${SW}"\n`,
  },
};
const jib = { entrypoint: ['java', '-Xms1g', '-cp', '@/app/jib-classpath-file', 'com.acme.Main'], files: { '/app/jib-classpath-file': '/app/libs/a.jar' } };

const liberty = { entrypoint: ['/opt/wlp/bin/server', 'run', 'shop'] };
const openJ9 = { entrypoint: ['java', '-jar', 'a.jar'], image: { JAVA_HOME: '/jdk' } };

const templates: readonly (readonly [string, Template, readonly string[]])[] = [
  ['section 8, 1: JAVA_TOOL_OPTIONS', { entrypoint: ['java'], env: { JAVA_TOOL_OPTIONS: SW } }, [SW]],
  ['section 8, 2: arguments', { command: ['java', SW, '-Dskywalking.a=foo', '-jar', 'a.jar'] }, [SW, '-Dskywalking.a=foo']],
  ['section 8, 14: an escaped reference', { entrypoint: ['java'], env: { JAVA_TOOL_OPTIONS: '-Da=$$(POD)' } }, ['-Da=$(POD)']],
  ['section 8, 15: image ENV', { entrypoint: ['java'], image: { JAVA_TOOL_OPTIONS: `${SW} -Xss1m` } }, [SW, '-Xss1m']],
  [
    'section 8, 19: others beside it',
    { entrypoint: ['java'], env: { JAVA_TOOL_OPTIONS: `-javaagent:/ttl.jar ${SW} -javaagent:/jmx.jar=9404:/c.yml` } },
    ['-javaagent:/ttl.jar', SW, '-javaagent:/jmx.jar=9404:/c.yml'],
  ],
  [
    'section 8, 26: quotes',
    { entrypoint: ['java'], env: { JAVA_TOOL_OPTIONS: `-javaagent:"/my dir/a.jar"=x=y -Dx="a b"` } },
    ['-javaagent:/my dir/a.jar=x=y', '-Dx=a b'],
  ],
  ['section 8, 29: sh -c', { command: ['sh', '-c', `exec java $JAVA_OPTS ${SW} -Da=\${APP} -jar a.jar`], env: { APP: 'shop' } }, [SW, '-Da=shop']],
  ['section 8, 31: a YAML block', { entrypoint: ['java'], env: { JAVA_TOOL_OPTIONS: `${SW}\n\t-Xmx1g\n` } }, [SW, '-Xmx1g']],
  ['section 8, 32: CATALINA_OPTS', { ...tomcat, env: { CATALINA_OPTS: `${SW} -Da="my app" -Dfoo='a;b'` } }, [SW, '-Da=my app', '-Dfoo=a;b']],
  ['section 8, 33: JAVA_OPTS of Tomcat', { ...tomcat, env: { JAVA_OPTS: SW } }, [SW]],
  ['section 8, 34: JDK_JAVA_OPTIONS on Java 8', { entrypoint: ['java'], env: { JDK_JAVA_OPTIONS: SW, JAVA_VERSION: '8u402' } }, []],
  [
    'section 8, 36: an argument file',
    { entrypoint: ['java', '@/app/jvm.args', '-jar', 'a.jar'], files: { '/app/jvm.args': `${SW}\n-Xmx1g\n` } },
    [SW, '-Xmx1g'],
  ],
  ['section 8, 37: a start script', script(`exec java ${SW}=a=b -jar a.jar`), [`${SW}=a=b`]],
  ['section 8, 43: a program argument', { command: ['java', '-jar', 'a.jar', SW] }, []],
  [
    'section 8, 47: a value of its own',
    { command: ['java', '--add-exports', 'java.base/sun.net.www=ALL-UNNAMED', SW, '-jar', 'a.jar'] },
    ['--add-exports', SW],
  ],
  ['Tomcat with setenv.sh', { ...tomcat, files: { '/t/bin/setenv.sh': `export CATALINA_OPTS="\${CATALINA_OPTS:--Xmx1g} ${SW}"\n` } }, ['-Xmx1g', SW]],
  [
    'Tomcat with setenv.sh that the pod overrides',
    { ...tomcat, env: { CATALINA_OPTS: '-Xmx2g' }, files: { '/t/bin/setenv.sh': 'CATALINA_OPTS="${CATALINA_OPTS:--Xmx1g}"\n' } },
    ['-Xmx2g'],
  ],
  ['Tomcat through an entrypoint', { ...tomcat, entrypoint: ['/e.sh'], files: { '/e.sh': sh('set -e\nexec "$@"') }, env: { CATALINA_OPTS: SW } }, [SW]],
  ['Tomcat that stops', { ...tomcat, cmd: ['catalina.sh', 'stop'], env: { CATALINA_OPTS: SW } }, []],
  ['Spring Boot, exec form', { entrypoint: ['java', SW, '-jar', '/app.jar'] }, [SW]],
  [
    'Spring Boot, shell form',
    { entrypoint: ['/bin/sh', '-c', 'java $JAVA_OPTS -Djava.security.egd=file:/dev/./urandom -jar /app.jar'], env: { JAVA_OPTS: SW } },
    [SW, '-Djava.security.egd=file:/dev/./urandom'],
  ],
  [
    'Spring Boot, shell form with exec and arguments',
    { entrypoint: ['sh', '-c', 'exec java ${JAVA_OPTS} -jar /app.jar ${0} ${@}'], env: { JAVA_OPTS: SW } },
    [SW],
  ],
  ['Spring Boot, executable jar', { entrypoint: ['/app/shop.jar'], env: { JAVA_OPTS: SW } }, [SW]],
  ['Spring Boot, executable jar with conf', { entrypoint: ['/app/shop.jar'], files: { '/app/shop.conf': `JAVA_OPTS="-Xmx1g ${SW}"\n` } }, ['-Xmx1g', SW]],
  ['Spring Boot, layered launcher', { entrypoint: ['java', '-Da=1', 'org.springframework.boot.loader.launch.JarLauncher'] }, ['-Da=1']],
  ['JAVA_OPTS where nothing reads it', { entrypoint: ['java', '-jar', 'a.jar'], env: { JAVA_OPTS: SW, JVM_OPTS: SW, JAVA_OPTIONS: SW } }, []],
  ['jib', { ...jib, env: { JAVA_TOOL_OPTIONS: SW } }, [SW, '-Xms1g', '-cp']],
  ['jib with arguments of the pod', { ...jib, args: ['--spring.profiles.active=prod'] }, ['-Xms1g', '-cp']],
  ['jib started by hand', { ...jib, command: ['java', SW, '-cp', '/app/resources:/app/classes:/app/libs/*', 'com.acme.Main'] }, [SW, '-cp']],
  ['Paketo', { entrypoint: ['/cnb/process/web'], env: { JAVA_OPTS: `-Da="b c" ${SW}` } }, ['-Da=b c', SW]],
  ['Paketo with JAVA_TOOL_OPTIONS', { entrypoint: ['/cnb/process/web'], env: { JAVA_TOOL_OPTIONS: SW } }, [SW]],
  ['WildFly', wildfly, ['-Dstandalone=1', '-Xms64m', SW]],
  ['WildFly with JAVA_OPTS of the pod', { ...wildfly, env: { JAVA_OPTS: '-Xmx2g' } }, ['-Dstandalone=1', '-Xmx2g', '-Xms64m', SW]],
  [
    'Jetty',
    {
      entrypoint: ['/e.sh'],
      cmd: ['java', '-jar', '/usr/local/jetty/start.jar'],
      files: { '/e.sh': sh('if [ "$1" = java ]; then shift; set -- java $JAVA_OPTIONS "$@"; fi\nexec "$@"') },
      env: { JAVA_OPTIONS: SW },
    },
    [SW],
  ],
  [
    'Jetty, jetty.sh style',
    script('JAVA_OPTIONS="$JAVA_OPTIONS -Djetty.home=/j"\nset -- $JAVA_OPTIONS -jar /j/start.jar\nexec java "$@"', { env: { JAVA_OPTIONS: SW } }),
    [SW, '-Djetty.home=/j'],
  ],
  [
    'Nacos style',
    script(
      `JAVA_OPT="\${JAVA_OPT} -Xms512m"\nJAVA_OPT="\${JAVA_OPT} ${SW}"\nJAVA_OPT="\${JAVA_OPT} \${JAVA_OPT_EXT}"\nJAVA_OPT="\${JAVA_OPT} -jar /n/nacos-server.jar"\nexec java \${JAVA_OPT} > /n/start.out 2>&1`,
      { env: { JAVA_OPT_EXT: '-Dext=1' } },
    ),
    ['-Xms512m', SW, '-Dext=1'],
  ],
  ['Nacos style, with nohup', script(`JAVA="$JAVA_HOME/bin/java"\nJAVA_OPT="${SW}"\nnohup "$JAVA" \${JAVA_OPT} nacos.nacos >> /n/start.out 2>&1 &`), [SW]],
  [
    'RocketMQ style',
    script('JAVA_OPT="${JAVA_OPT} -server -Xms4g"\nJAVA_OPT="${JAVA_OPT} ${JAVA_OPT_EXT}"\n$JAVA ${JAVA_OPT} "$@"', { env: { JAVA_OPT_EXT: SW } }),
    ['-server', '-Xms4g', SW],
  ],
  [
    'Kafka style',
    script('if [ -z "$KAFKA_OPTS" ]; then KAFKA_OPTS=""; fi\nexec "$JAVA" $KAFKA_HEAP_OPTS $KAFKA_OPTS -cp "$CLASSPATH" kafka.Kafka "$@"', {
      env: { KAFKA_OPTS: SW, KAFKA_HEAP_OPTS: '-Xmx1g' },
    }),
    ['-Xmx1g', SW, '-cp'],
  ],
  [
    'Gradle start script',
    script('DEFAULT_JVM_OPTS=\'"-Xmx64m"\'\nexec "$JAVACMD" $DEFAULT_JVM_OPTS $JAVA_OPTS $SHOP_OPTS -classpath "$CLASSPATH" com.acme.Main', {
      env: { SHOP_OPTS: SW },
    }),
    ['-Xmx64m', SW, '-classpath'],
  ],
  ['run-java.sh style', script('exec java ${JAVA_OPTIONS:-} ${JAVA_DEBUG:+-agentlib:jdwp=x} -jar ${JAVA_APP_JAR}', { env: { JAVA_OPTIONS: SW } }), [SW]],
  ['a switch in the script', script(`exec java \${SW_ENABLED:+${SW}} -jar a.jar`, { env: { SW_ENABLED: 'true' } }), [SW]],
  ['a switch in the script that is off', script(`exec java \${SW_ENABLED:+${SW}} -jar a.jar`), []],
  ['a default that stands', script(`exec java \${JVM_OPTS:--Xmx1g ${SW}} -jar a.jar`), ['-Xmx1g', SW]],
  ['a default that the pod replaces', script(`exec java \${JVM_OPTS:--Xmx1g ${SW}} -jar a.jar`, { env: { JVM_OPTS: '-Xmx2g' } }), ['-Xmx2g']],
  ['gosu and tini', { entrypoint: ['tini', '--', 'gosu', 'app', 'java', SW, '-jar', 'a.jar'] }, [SW]],
  ['a sourced file', script('. /etc/app.env\nexec java $OPTS -jar a.jar', { files: { '/etc/app.env': `OPTS="${SW}"\n` } }), [SW]],
  [
    'Liberty, jvm.options',
    { ...liberty, files: { '/opt/wlp/usr/servers/shop/jvm.options': `# the agent\n${SW}=a=b\r\n  -Da=b c  \n\n`, '/opt/wlp/etc/jvm.options': '-Dno=1' } },
    [`${SW}=a=b`, '-Da=b c'],
  ],
  ['Liberty, jvm.options of the installation', { ...liberty, files: { '/opt/wlp/etc/jvm.options': SW } }, [SW]],
  [
    'Liberty, overrides and a folder of its own',
    {
      ...liberty,
      image: { WLP_USER_DIR: '/u' },
      files: { '/u/shared/jvm.options': '-Da=1', '/u/servers/shop/jvm.options': '-Da=2', '/u/servers/shop/configDropins/overrides/jvm.options': SW },
    },
    ['-Da=1', '-Da=2', SW],
  ],
  [
    'Liberty, through its helper',
    { entrypoint: ['/h.sh'], cmd: ['/opt/wlp/bin/server', 'run', 'shop'], files: { '/h.sh': sh('exec "$@"'), '/opt/wlp/usr/servers/shop/jvm.options': SW } },
    [SW],
  ],
  ['Liberty that is stopped', { entrypoint: ['/opt/wlp/bin/server', 'stop'], files: { '/opt/wlp/etc/jvm.options': SW } }, []],
  [
    'Jetty, start.ini with --exec',
    {
      entrypoint: ['java', '-jar', '/j/start.jar'],
      image: { JETTY_BASE: '/b' },
      files: { '/b/start.ini': `--exec\n--module=http\n${SW}\n-Xmx1g\njetty.http.port=8080\n` },
    },
    [SW, '-Xmx1g'],
  ],
  ['Jetty, start.ini without --exec', { entrypoint: ['java', '-jar', '/j/start.jar'], image: { JETTY_BASE: '/b' }, files: { '/b/start.ini': `${SW}\n` } }, []],
  [
    'OpenJ9',
    { ...openJ9, files: { '/jdk/release': 'JVM_VARIANT="Openj9"\n' }, env: { OPENJ9_JAVA_OPTIONS: SW, IBM_JAVA_OPTIONS: '-Xquickstart' } },
    ['-Xquickstart', SW],
  ],
  ['HotSpot with variables of OpenJ9', { ...openJ9, files: { '/jdk/release': 'JAVA_VERSION="17"\n' }, env: { OPENJ9_JAVA_OPTIONS: SW } }, []],
  ['a default that a script assigns', script(`: \${OPTS:=-Xmx1g ${SW}}\nexec java $OPTS -jar a.jar`), ['-Xmx1g', SW]],
  ['a default that a script assigns, in quotes', script(`: "\${OPTS:=-Xmx1g ${SW}}"\nexec java $OPTS -jar a.jar`), ['-Xmx1g', SW]],
  ['a default that is not needed', script(`: \${OPTS:=${SW}}\nexec java $OPTS -jar a.jar`, { env: { OPTS: '-Xmx2g' } }), ['-Xmx2g']],
  ['a default that nobody assigns', script(`: \${OPTS:-${SW}}\nexec java $OPTS -jar a.jar`), []],
  ['eval with several arguments', script(`OPTS="${SW}"\neval "exec java -Da=1" "$OPTS" "-jar a.jar"`), ['-Da=1', SW]],
  ['eval with escaped quotes', script(`OPTS="-Da='b c' ${SW}"\neval exec \\"java\\" $OPTS -jar a.jar`), ['-Da=b c', SW]],
  [
    'Dubbo style',
    script(`JAVA_MEM_OPTS=" -server -Xmx2g "\nnohup java $JAVA_OPTS $JAVA_MEM_OPTS -classpath /conf:/lib/* com.acme.Main > /o 2>&1 &`, {
      env: { JAVA_OPTS: SW },
    }),
    [SW, '-server', '-Xmx2g', '-classpath'],
  ],
  [
    'Elasticsearch style',
    script('exec "$JAVA" $ES_JAVA_OPTS -Des.path.home="$ES_HOME" -cp "$ES_CLASSPATH" org.acme.Main "$@"', { env: { ES_JAVA_OPTS: SW } }),
    [SW, '-Des.path.home=$ES_HOME', '-cp'],
  ],
  ['a wait in front', { command: ['sh', '-c', `sleep 5 && exec java ${SW} -jar a.jar`] }, [SW]],
  ['a command in a variable', script(`CMD="java ${SW} -jar a.jar"\nexec $CMD`), [SW]],
  ['bash -lc', { command: ['bash', '-lc', `cd /srv; java ${SW} -jar a.jar`] }, [SW]],
  [
    'an argument file beside options',
    { entrypoint: ['java', '-Xss1m', '@/a', '-jar', 'a.jar'], files: { '/a': `# options\n"${SW}=agent.service_name=my shop"\n` } },
    ['-Xss1m', `${SW}=agent.service_name=my shop`],
  ],
  ['an escaped argument file', { entrypoint: ['java', '@@x', '-jar', 'a.jar'] }, ['@@x']],
  [
    '-XX:VMOptionsFile',
    { entrypoint: ['java', '-XX:VMOptionsFile=/vm', '-jar', 'a.jar'], files: { '/vm': `${SW} -Da='b c'` } },
    ['-XX:VMOptionsFile=/vm', SW, '-Da=b c'],
  ],
];

describe('what the JVM gets', () => {
  it.each(templates)('%s', (_name, template, options) => {
    expect(read(template)).toEqual(options);
  });
});

describe('an option file that stops the JVM', () => {
  it('is reported', () => {
    const image = {
      os: 'linux',
      architecture: 'amd64',
      entrypoint: ['java', '-XX:VMOptionsFile=/vm'],
      cmd: [],
      env: [],
      workingDir: '/',
      user: '',
      labels: {},
      volumes: [],
    };

    const { findings } = effectiveOptions({ container: { name: 'app', image: 'a' }, image, imageText: () => '-Da="b' });

    expect(findings).toEqual([{ id: 'unmatched-quote', severity: 'block', params: { variable: '/vm' } }]);
  });
});
