import { describe, expect, it } from 'vitest';
import {
  agentFolder,
  agentsStarted,
  changed,
  containerAfter,
  imageAfter,
  javaImage,
  OTEL,
  refusal,
  service,
  SWJ,
  type ServiceSpec,
} from '../../../test/builders/service.ts';
import type { FileSpec } from '../../../test/builders/image.ts';
import type { PlannedChange } from './plan-change.ts';

const flag = `-javaagent:${SWJ}`;
const properties = '-Dskywalking.agent.service_name=orders -Dskywalking.collector.backend_service=oap:11800';
const tomcat = { Entrypoint: ['catalina.sh', 'run'], WorkingDir: '/usr/local/tomcat' };

describe('old options in the pod', () => {
  it('leave a variable, and every other byte of it stays', () => {
    const spec = inPod('CATALINA_OPTS', ` -Xmx1g  -Dtitle='a  b' ${flag}=agent.sample_n_per_3_secs=-1 ${properties}\n-Xss1m `, tomcat);

    const change = changed(spec);

    expect(variable(containerAfter(spec, change), 'CATALINA_OPTS')).toBe(` -Xmx1g  -Dtitle='a  b'\n-Xss1m `);
    expect(imageEnv(change)).toMatchObject({ JAVA_TOOL_OPTIONS: `-javaagent:${OTEL}` });
  });

  it('leave a variable that held nothing else empty, as the API server stores it', () => {
    const spec = inPod('CATALINA_OPTS', flag, tomcat);

    expect(containerAfter(spec, changed(spec)).env).toContainEqual({ name: 'CATALINA_OPTS' });
  });

  it('leave elements of a command line, and no other element changes', () => {
    const command = ['java', '-Xmx1g', flag, '-Dskywalking.agent.service_name=orders', '-jar', '/app/app.jar', flag];
    const spec = { container: { command } };

    const change = changed(spec);

    expect(containerAfter(spec, change).command).toEqual(['java', '-Xmx1g', '-jar', '/app/app.jar', flag]);
    expect(change.edits.filter((edit) => edit.kind === 'args').map((edit) => [edit.field, edit.index, edit.before, edit.after])).toEqual([
      ['command', 2, flag, null],
      ['command', 3, '-Dskywalking.agent.service_name=orders', null],
    ]);
  });

  it('leave a shell command, which stays one element', () => {
    const spec = { container: { command: ['sh', '-c'], args: [`cd /app && exec java -Xmx1g ${flag} ${properties} -jar app.jar`] } };

    expect(containerAfter(spec, changed(spec)).args).toEqual(['cd /app && exec java -Xmx1g -jar app.jar']);
  });

  it('leave with the reference that stands for nothing else', () => {
    const env = [
      { name: 'AGENT', value: `${flag} ${properties}` },
      { name: 'CATALINA_OPTS', value: '-Xmx1g $(AGENT) -Xss1m' },
    ];
    const spec = { container: { env }, image: javaImage(tomcat) };

    const after = containerAfter(spec, changed(spec));

    expect(variable(after, 'CATALINA_OPTS')).toBe('-Xmx1g -Xss1m');
    expect(variable(after, 'AGENT')).toBe(`${flag} ${properties}`);
  });

  it('leave the variable that another one refers to, where that brings more', () => {
    const env = [
      { name: 'BASE', value: `-Xmx1g ${flag} ${properties}` },
      { name: 'CATALINA_OPTS', value: '$(BASE) -Xss1m' },
    ];
    const spec = { container: { env }, image: javaImage(tomcat) };

    const after = containerAfter(spec, changed(spec));

    expect(variable(after, 'CATALINA_OPTS')).toBe('$(BASE) -Xss1m');
    expect(variable(after, 'BASE')).toBe('-Xmx1g');
  });

  it('leave where they name the jar by a relative path', () => {
    const command = ['java', '-javaagent:../skywalking/agent/skywalking-agent.jar', '-jar', 'app.jar'];

    expect(containerAfter({ container: { command } }, changed({ container: { command } })).command).toEqual(['java', '-jar', 'app.jar']);
  });

  it('leave with the reference that completes them', () => {
    const env = [
      { name: 'AGENT_HOME', value: '/skywalking/agent' },
      { name: 'CATALINA_OPTS', value: '-Xmx1g -javaagent:$(AGENT_HOME)/skywalking-agent.jar' },
    ];
    const spec = { container: { env }, image: javaImage(tomcat) };

    expect(variable(containerAfter(spec, changed(spec)), 'CATALINA_OPTS')).toBe('-Xmx1g');
  });

  it('that come from a ConfigMap are overridden in the pod, since others may share it', () => {
    const spec: ServiceSpec = {
      container: { envFrom: [{ configMapRef: { name: 'jvm' } }] },
      configMaps: { jvm: { CATALINA_OPTS: `-Xmx1g ${flag} -Dpath=$(HOME)` } },
      image: javaImage(tomcat),
    };

    const change = changed(spec);

    // The kubelet would expand it in the pod's field, and does not in the ConfigMap.
    expect(containerAfter(spec, change).env).toContainEqual({ name: 'CATALINA_OPTS', value: '-Xmx1g -Dpath=$$(HOME)' });
    expect(change.findings).toContainEqual({ id: 'config-map-overridden', severity: 'warn', params: { name: 'CATALINA_OPTS', configMap: 'jvm' } });
  });

  it('that come from a key of a ConfigMap are overridden in place', () => {
    const reference = { name: 'CATALINA_OPTS', valueFrom: { configMapKeyRef: { name: 'jvm', key: 'opts' } } };
    const spec: ServiceSpec = { container: { env: [reference] }, configMaps: { jvm: { opts: `-Xmx1g ${flag}` } }, image: javaImage(tomcat) };

    const change = changed(spec);

    expect(change.edits).toContainEqual({
      kind: 'env',
      container: 'orders',
      name: 'CATALINA_OPTS',
      before: reference,
      after: { name: 'CATALINA_OPTS', value: '-Xmx1g' },
    });
    expect(change.findings.map((finding) => finding.id)).toContain('config-map-overridden');
  });

  it('that cannot be cut out, since a reference brings them together with others, are refused', () => {
    const spec: ServiceSpec = {
      container: { envFrom: [{ configMapRef: { name: 'jvm' } }], env: [{ name: 'CATALINA_OPTS', value: '$(AGENT)' }] },
      configMaps: { jvm: { AGENT: `-Xmx1g ${flag}` } },
      image: javaImage(tomcat),
    };

    expect(refusal(spec)).toMatchObject({ id: 'option-not-editable', params: { source: 'CATALINA_OPTS' } });
  });

  it('are coupled with the image, and the plan says so', () => {
    expect(ids(changed(inPod('CATALINA_OPTS', flag, tomcat)))).toContain('coupled-flag');
    expect(ids(changed(inImage()))).not.toContain('coupled-flag');
  });

  it("that are all there is of args would bring the image's CMD into force, and are refused", () => {
    const start = { Entrypoint: ['sh', '-c', 'exec java "$@" -jar /app/app.jar', 'sh'], Cmd: ['-Xmx1g'] };

    expect(refusal({ container: { args: [flag] }, image: javaImage(start) })).toMatchObject({ id: 'command-would-be-empty' });
    expect(changed({ container: { args: [flag] }, image: javaImage({ ...start, Cmd: [] }) }).mode).toBe('image');
    expect(changed({ container: { command: start.Entrypoint, args: [flag] }, image: javaImage(start) }).mode).toBe('image');
  });
});

describe('old options in the image', () => {
  it('give way to the new flag in JAVA_TOOL_OPTIONS, among others in their order', () => {
    const change = changed(inImage(`-javaagent:/ttl.jar ${flag} -Dskywalking.a=b -javaagent:/jmx.jar=9404`));

    expect(imageEnv(change)).toMatchObject({ JAVA_TOOL_OPTIONS: `-javaagent:/ttl.jar -javaagent:${OTEL} -javaagent:/jmx.jar=9404` });
    expect(ids(change)).not.toContain('agent-order-changes');
    expect(change.edits.filter((edit) => edit.kind !== 'image')).toMatchObject([{ name: 'OTEL_SERVICE_NAME' }]);
  });

  it('leave other variables, also those the pod hides', () => {
    const image = javaImage({ ...tomcat, Env: [`CATALINA_OPTS=-Xmx1g ${flag}`, `JAVA_OPTS=${flag} -Xss1m`] });

    const change = changed({ image, container: { env: [{ name: 'JAVA_OPTS', value: '-Xss2m' }] } });

    expect(imageEnv(change)).toMatchObject({ CATALINA_OPTS: '-Xmx1g', JAVA_OPTS: '-Xss1m', JAVA_TOOL_OPTIONS: `-javaagent:${OTEL}` });
  });

  it('leave ENTRYPOINT and CMD', () => {
    const change = changed({ image: javaImage({ Entrypoint: ['java', flag], Cmd: ['-Dskywalking.a=b', '-jar', '/app/app.jar'] }) });

    expect(imageAfter(change).config).toMatchObject({ entrypoint: ['java'], cmd: ['-jar', '/app/app.jar'] });
  });

  it('leave a start script, which keeps its mode, owner and every other byte', () => {
    const script = (options: string): string =>
      `#!/bin/sh\nset -e\n# -javaagent here is a comment: ${flag}\nexec java $JAVA_OPTS${options} -jar /app/app.jar "$@"\n`;
    const image = javaImage({ Entrypoint: ['/app/run.sh'] }, { '/app/run.sh': { text: script(` ${flag} ${properties}`), mode: 0o750, uid: 1000, gid: 1001 } });

    const { files } = imageAfter(changed({ image }));

    expect(files?.text('/app/run.sh')).toBe(script(''));
    expect(files?.entry('/app/run.sh')).toMatchObject({ mode: 0o750, uid: 1000, gid: 1001 });
  });

  it('leave a script whose variables complete them, and one that is reached by a link', () => {
    const text = `#!/bin/sh\nHOME_SW=/skywalking/agent\nJAVA_OPTS="$JAVA_OPTS -javaagent:$HOME_SW/skywalking-agent.jar -Xss1m"\nexec java $JAVA_OPTS -jar /app/app.jar\n`;
    const image = javaImage({ Entrypoint: ['/start.sh'] }, { '/app/run.sh': text, '/start.sh': { link: '/app/run.sh' } });

    const { files } = imageAfter(changed({ image }));

    expect(files?.text('/app/run.sh')).toBe(text.replace(' -javaagent:$HOME_SW/skywalking-agent.jar', ''));
    expect(files?.entry('/start.sh')).toMatchObject({ type: 'symlink' });
  });

  it('leave an option file', () => {
    const image = javaImage(
      { Entrypoint: ['java', '@/app/jvm.args', '-jar', '/app/app.jar'] },
      { '/app/jvm.args': `# agent\n-Xmx1g\n${flag}\n-Dskywalking.a=b\n-Dx="a b"\n` },
    );

    expect(imageAfter(changed({ image })).files?.text('/app/jvm.args')).toBe('# agent\n-Xmx1g\n-Dx="a b"\n');
  });

  it('stay in a script that cannot be parsed: the stand-in leads them to the new agent, and nothing else carries the flag', () => {
    const text = `#!/bin/sh\nexec java ${flag} -jar /app/app.jar\necho "never closed\n`;
    const spec = { image: javaImage({ Entrypoint: ['/app/run.sh'] }, { '/app/run.sh': text }) };

    const change = changed(spec);

    expect(imageAfter(change).files?.text('/app/run.sh')).toBe(text);
    expect(imageEnv(change)).not.toHaveProperty('JAVA_TOOL_OPTIONS');
    expect(change.findings).toContainEqual({ id: 'script-not-edited', severity: 'warn', params: { path: '/app/run.sh' } });
    expect(agentsStarted(imageAfter(change), containerAfter(spec, change))).toEqual(['opentelemetry']);
  });

  it('stay in no script where no link can stand in for the jar', () => {
    const text = `#!/bin/sh\nexec java -javaagent:/gone/skywalking-agent.jar -jar /app/app.jar\necho "never closed\n`;
    const image = javaImage({ Entrypoint: ['/app/run.sh'] }, { '/app/run.sh': text });

    expect(refusal({ image })).toMatchObject({ id: 'option-not-editable', params: { source: '/app/run.sh' } });
  });

  it('in a script that a volume covers are refused', () => {
    const volumeMounts = [{ name: 'scripts', mountPath: '/app/run.sh' }];
    const image = javaImage({ Entrypoint: ['/app/run.sh'] }, { '/app/run.sh': `#!/bin/sh\nexec java ${flag} -jar /app/app.jar\n` });

    expect(refusal({ image, container: { volumeMounts } })).toMatchObject({ id: 'mounted-over', params: { path: '/app/run.sh' } });
  });
});

describe("the old agent's folder", () => {
  it('is emptied but for a link from the old jar to the new one, and the application beside it stays', () => {
    const image = javaImage(
      { WorkingDir: '/skywalking', Entrypoint: ['java', '-jar', 'app.jar'], Env: [`JAVA_TOOL_OPTIONS=${flag}`] },
      { '/skywalking/app.jar': 'PK' },
    );

    const change = changed({ image });

    const { files } = imageAfter(change);
    expect(files?.children('/skywalking')).toEqual(['agent', 'app.jar']);
    expect(files?.children('/skywalking/agent')).toEqual(['skywalking-agent.jar']);
    expect(files?.entry(SWJ)).toMatchObject({ type: 'symlink', link: OTEL });
    expect(change.delivery).toMatchObject({ stays: [], removes: ['LICENSE', 'activations', 'config', 'plugins'].map((name) => `/skywalking/agent/${name}`) });
  });

  it.each<[string, string, ServiceSpec]>([
    ['the image has something in the new home', 'home-taken', { image: javaImage({}, { '/changeover/app.jar': 'PK' }) }],
    ['a volume covers the new home', 'mounted-over', { container: { volumeMounts: [{ name: 'v', mountPath: '/changeover' }] } }],
  ])('has no successor where %s', (_case, id, spec) => {
    expect(refusal({ ...spec, container: { ...spec.container, env: [{ name: 'JDK_JAVA_OPTIONS', value: flag }] } })).toMatchObject({ id });
  });

  it('is found behind links', () => {
    const moved = Object.fromEntries(Object.entries(agentFolder).map(([path, text]) => [path.replace('/skywalking/agent', '/data/sw'), text]));
    const files = { ...javaImage().files, ...moved, '/skywalking': { link: 'data' }, '/data/agent.jar': { link: 'sw/skywalking-agent.jar' } };
    const kept = Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith('/skywalking/')));
    const image = { ...javaImage({ Env: ['JAVA_TOOL_OPTIONS=-javaagent:/skywalking/agent.jar'] }), files: kept };

    const after = imageAfter(changed({ image })).files;

    expect(after?.entry('/data/agent.jar')).toMatchObject({ type: 'symlink', link: OTEL });
    expect(after?.entry('/skywalking')).toMatchObject({ type: 'symlink', link: 'data' });
    expect(after?.children('/data/sw')).toEqual([]);
  });

  it.each<[string, ServiceSpec['container'], object, { readonly [path: string]: FileSpec }]>([
    ['an unknown file is in it', {}, {}, { '/skywalking/agent/app.jar': 'PK' }],
    ['the container works in it', {}, { WorkingDir: '/skywalking/agent' }, {}],
    ['the pod works in it', { workingDir: '/skywalking/agent/logs' }, {}, {}],
    ['it is a volume', {}, { Volumes: { '/skywalking/agent/logs': {} } }, {}],
    ['a volume is mounted in it', { volumeMounts: [{ name: 'logs', mountPath: '/skywalking/agent/logs' }] }, {}, {}],
    ['a command names it', { lifecycle: { preStop: { exec: { command: ['ls', '/skywalking/agent'] } } } }, {}, {}],
    ['a script reads from it', { lifecycle: { postStart: { exec: { command: ['sh', '-c', 'cat /skywalking/agent/config/agent.config'] } } } }, {}, {}],
    ['a script reaches into it', { lifecycle: { preStop: { exec: { command: ['sh', '-c', 'ls "$SW"/config'] } } } }, {}, {}],
    ['a part of it is a link', {}, {}, { '/skywalking/agent/optional-plugins': { link: '/app' } }],
  ])('is not emptied where %s', (_case, container, config, files) => {
    const change = changed({ ...(container ? { container } : {}), image: javaImage({ Env: [`JAVA_TOOL_OPTIONS=${flag}`], ...config }, files) });

    const after = imageAfter(change).files;
    expect(after?.entry('/skywalking/agent/config/agent.config')).toMatchObject({ type: 'file' });
    expect(after?.entry(SWJ)).toMatchObject({ type: 'symlink', link: OTEL });
    expect(change.delivery.stays).toContain('/skywalking/agent/config');
    expect(change.delivery.changes.some((each) => each.kind === 'opaque')).toBe(false);
  });

  it('keeps everything but the jar where the policy says so', () => {
    const change = changed({ ...inImage(), policy: { image: { removeOld: 'never' } } });

    expect(change.delivery.removes).toEqual([]);
    expect(imageAfter(change).files?.children('/skywalking/agent/plugins')).toHaveLength(1);
  });
});

describe('without proof of the old place', () => {
  const unproven: readonly (readonly [string, ServiceSpec])[] = [
    ['layers-not-scanned', { image: { ...javaImage(), unscanned: true } }],
    ['jar-not-in-image', { image: javaImage({}, { [SWJ]: { link: '/gone' } }) }],
    ['mounted-over', { container: { volumeMounts: [{ name: 'agent', mountPath: '/skywalking' }] } }],
    ['jar-moved-by-script', { container: { lifecycle: { postStart: { exec: { command: ['sh', '-c', `curl -o ${SWJ} http://x`] } } } } }],
  ];

  it.each(unproven)('%s refuses a flag that comes with the pod', (id, spec) => {
    expect(refusal({ ...spec, container: { ...spec.container, env: [{ name: 'JAVA_TOOL_OPTIONS', value: flag }] } })).toMatchObject({ id });
  });

  it.each(unproven)('%s switches a flag of the image off, and leaves its files alone', (id, spec) => {
    const image = spec.image && 'files' in spec.image ? spec.image : javaImage();
    const env = [...(image.config['Env'] as readonly string[]), `JAVA_TOOL_OPTIONS=${flag} -Xss1m`];

    const change = changed({ ...spec, image: { ...image, config: { ...image.config, Env: env } } });

    expect(change.delivery.changes).toEqual([]);
    expect(imageEnv(change)).toMatchObject({ JAVA_TOOL_OPTIONS: `-javaagent:${OTEL} -Xss1m` });
    expect(change.findings).toContainEqual({ id: 'old-agent-stays', severity: 'info', params: { path: SWJ, because: id } });
  });
});

describe('the new flag', () => {
  it('comes through JDK_JAVA_OPTIONS where the pod sets JAVA_TOOL_OPTIONS', () => {
    const change = changed({ container: { env: [{ name: 'JAVA_TOOL_OPTIONS', value: `-Xss1m ${flag}` }] } });

    expect(imageEnv(change)).toMatchObject({ JDK_JAVA_OPTIONS: `-javaagent:${OTEL}` });
    expect(imageEnv(change)).not.toHaveProperty('JAVA_TOOL_OPTIONS');
  });

  it.each<[string, ServiceSpec]>([
    ['Java is 8', { image: javaImage({}, { '/opt/java/release': 'JAVA_VERSION="1.8.0_402"\n' }) }],
    ['the Java version is not known', { image: javaImage({}, { '/opt/java/release': '' }) }],
    ['the pod sets that too', { container: { env: [{ name: 'JDK_JAVA_OPTIONS', value: '-Xss1m' }] } }],
    ['what starts the JVM is not known', { image: javaImage({ Entrypoint: ['/app/launcher'] }) }],
  ])('is refused where the pod sets JAVA_TOOL_OPTIONS and %s', (_case, spec) => {
    const env = [{ name: 'JAVA_TOOL_OPTIONS', value: flag }, ...(spec.container?.env ?? [])];

    expect(refusal({ ...spec, container: { env } })).toMatchObject({ id: 'no-carrier', params: { because: 'pod-sets-java-tool-options' } });
  });

  it('trusts the classes of the JVM where no version is written down', () => {
    const image = javaImage(
      { Env: ['JAVA_HOME=', 'PATH=/usr/bin'] },
      { '/usr/bin/java': { link: '/usr/lib/jvm/17/bin/java' }, '/usr/lib/jvm/17/bin/java': '', '/usr/lib/jvm/17/lib/modules': '' },
    );

    expect(imageEnv(changed({ image, container: { env: [{ name: 'JAVA_TOOL_OPTIONS', value: flag }] } }))).toHaveProperty('JDK_JAVA_OPTIONS');
  });

  it('is refused where Java 8 would drop the longer JAVA_TOOL_OPTIONS', () => {
    const long = `-Dx=${'x'.repeat(1000)}`;
    const image = (version: string): ServiceSpec['image'] =>
      javaImage({ Env: [`JAVA_TOOL_OPTIONS=${long}`] }, { '/opt/java/release': `JAVA_VERSION="${version}"\n` });
    const container = { command: ['java', flag, '-jar', '/app/app.jar'] };

    expect(refusal({ container, image: image('1.8.0_402') ?? javaImage() })).toMatchObject({ id: 'no-carrier', params: { because: 'too-long-for-java-8' } });
    expect(imageEnv(changed({ container, image: image('11.0.2') ?? javaImage() }))).toHaveProperty('JAVA_TOOL_OPTIONS');
  });

  it.each<[string, string, boolean]>([
    ['probe that starts a JVM', '/opt/java/bin/java -cp /app/probe.jar Probe', true],
    ['probe that starts none', 'wget -q http://localhost:8080/javadoc', false],
  ])('in JAVA_TOOL_OPTIONS also reaches a %s', (_case, command, told) => {
    const livenessProbe = { exec: { command: ['sh', '-c', command] } };
    const findings = (env: { readonly name: string; readonly value: string }, image?: ServiceSpec['image']): readonly string[] =>
      ids(changed({ container: { livenessProbe, env: [env] }, image: image ?? javaImage(tomcat) }));

    expect(findings({ name: 'CATALINA_OPTS', value: flag }).includes('tools-load-agent')).toBe(told);
    // It was in that variable before.
    expect(findings({ name: 'TZ', value: 'UTC' }, inImage().image)).not.toContain('tools-load-agent');
  });

  it('that overtakes another agent is told', () => {
    const change = changed(inPod('CATALINA_OPTS', `-javaagent:/ttl.jar ${flag} -javaagent:/jmx.jar`, tomcat));

    expect(change.findings).toContainEqual({ id: 'agent-order-changes', severity: 'warn', params: { paths: ['/ttl.jar'] } });
  });
});

describe('agents', () => {
  it('that are two of the old kind, in different places, are refused', () => {
    const spec = {
      image: javaImage({ ...tomcat, Env: [`JAVA_TOOL_OPTIONS=${flag}`] }),
      container: { env: [{ name: 'CATALINA_OPTS', value: '-javaagent:/opt/skywalking-agent.jar' }] },
    };

    expect(refusal(spec)).toMatchObject({ id: 'several-old-agents', params: { paths: [SWJ, '/opt/skywalking-agent.jar'] } });
    expect(refusal(spec, 'takeover')).toMatchObject({ id: 'several-old-agents' });
  });

  it('that are one jar under two names are one', () => {
    const image = javaImage({ ...tomcat, Env: [`JAVA_TOOL_OPTIONS=${flag}`] }, { '/sw': { link: '/skywalking/agent' } });
    const spec = { image, container: { env: [{ name: 'CATALINA_OPTS', value: '-Xmx1g -javaagent:/sw/skywalking-agent.jar' }] } };

    const change = changed(spec);

    expect(variable(containerAfter(spec, change), 'CATALINA_OPTS')).toBe('-Xmx1g');
    expect(imageEnv(change)).toMatchObject({ JAVA_TOOL_OPTIONS: `-javaagent:${OTEL}` });
  });

  it('of both kinds in one JVM are refused', () => {
    const spec = { container: { command: ['java', flag, '-javaagent:/otel/opentelemetry-javaagent.jar', '-jar', '/app/app.jar'] } };

    expect(refusal(spec)).toMatchObject({ id: 'target-agent-present', params: { path: '/otel/opentelemetry-javaagent.jar' } });
    expect(refusal(spec, 'takeover')).toMatchObject({ id: 'target-agent-present' });
  });

  it('of the same kind are only replaced: an upgrade keeps the properties', () => {
    const old = '/opt/otel/opentelemetry-javaagent.jar';
    const image = javaImage({ Env: [`JAVA_TOOL_OPTIONS=-javaagent:${old} -Dotel.service.name=a`] }, { [old]: 'PK' });

    const change = changed({ image, policy: { from: { agent: 'opentelemetry' } } });

    expect(imageEnv(change)).toMatchObject({ JAVA_TOOL_OPTIONS: `-javaagent:${OTEL} -Dotel.service.name=a` });
    expect(imageAfter(change).files?.entry(old)).toMatchObject({ type: 'symlink', link: OTEL });
  });

  it('are never two, and at most the warned pod has none, whichever of image and pod goes back', () => {
    for (const [name, spec, inThePod] of services) {
      const { subject } = service(spec);
      const change = changed(spec);
      const images = { before: subject.source.platforms[0].facts, ours: imageAfter(change) };
      const pods = { before: subject.container, ours: containerAfter(spec, change) };
      const started = (image: keyof typeof images, pod: keyof typeof pods): readonly string[] => agentsStarted(images[image], pods[pod], spec.configMaps);

      expect([name, started('before', 'before')]).toEqual([name, ['skywalking']]);
      expect([name, started('ours', 'ours')]).toEqual([name, ['opentelemetry']]);
      expect([name, started('ours', 'before')]).toEqual([name, ['opentelemetry']]);
      expect([name, started('before', 'ours')]).toEqual([name, inThePod ? [] : ['skywalking']]);
      expect([name, ids(change).includes('coupled-flag')]).toEqual([name, inThePod]);
      expect(JSON.stringify(change.edits)).not.toContain('/changeover');
    }
  });
});

/** Services that get their agent in every way there is, and whether the flag comes with the pod. */
const services: readonly (readonly [string, ServiceSpec, boolean])[] = [
  ['pod JAVA_TOOL_OPTIONS', { container: { env: [{ name: 'JAVA_TOOL_OPTIONS', value: flag }] } }, true],
  ['pod CATALINA_OPTS', inPod('CATALINA_OPTS', `-Xmx1g ${flag}`, tomcat), true],
  ['pod command', { container: { command: ['java', flag, '-jar', '/app/app.jar'] } }, true],
  ['pod shell command', { container: { args: [`exec java ${flag} -jar /app/app.jar`] }, image: javaImage({ Entrypoint: ['sh', '-c'] }) }, true],
  ['ConfigMap', { container: { envFrom: [{ configMapRef: { name: 'jvm' } }] }, configMaps: { jvm: { JAVA_TOOL_OPTIONS: flag } } }, true],
  ['image ENV', inImage(), false],
  ['image ENTRYPOINT', { image: javaImage({ Entrypoint: ['java', flag, '-jar', '/app/app.jar'] }) }, false],
  ['image CMD', { image: javaImage({ Entrypoint: [], Cmd: ['java', flag, '-jar', '/app/app.jar'] }) }, false],
  ['start script', { image: javaImage({ Entrypoint: ['/app/run.sh'] }, { '/app/run.sh': `#!/bin/sh\nexec java ${flag} -jar /app/app.jar\n` }) }, false],
  ['option file', { image: javaImage({ Entrypoint: ['java', '@/app/jvm.args', '-jar', '/app/app.jar'] }, { '/app/jvm.args': `${flag}\n` }) }, false],
];

function inPod(name: string, value: string, config: object = {}): ServiceSpec {
  return { container: { env: [{ name, value }] }, image: javaImage({ ...config }) };
}

function inImage(value = flag): ServiceSpec {
  return { image: javaImage({ Env: [`JAVA_TOOL_OPTIONS=${value}`] }) };
}

function ids(change: PlannedChange): readonly string[] {
  return change.findings.map((finding) => finding.id);
}

function imageEnv(change: PlannedChange): { readonly [name: string]: string } {
  return Object.fromEntries(imageAfter(change).config.env);
}

function variable(container: ReturnType<typeof containerAfter>, name: string): string | undefined {
  return container.env?.findLast((each) => each.name === name)?.value;
}
