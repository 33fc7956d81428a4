import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changed, containerAfter, imageAfter, javaImage, service, SWJ, type ServiceSpec } from '../../../test/builders/service.ts';
import type { JsonObject } from '../json.ts';
import { effectiveOptions } from '../jvm/effective-options.ts';
import { restoreList } from '../workload/edit-list.ts';
import { tuneOptions } from './tune-options.ts';

const flag = `-javaagent:${SWJ}`;
const to = (jvmOptions: JsonObject): JsonObject => ({ to: { files: { path: 'agent.jar' }, jvmOptions } });

/** A container whose JAVA_OPTS a Tomcat reads. */
function tomcat(value: string, jvmOptions: JsonObject, mode: 'takeover' | 'image' = 'takeover'): ServiceSpec {
  return {
    container: { env: [{ name: 'CATALINA_OPTS', value }] },
    image: javaImage({ Entrypoint: ['catalina.sh', 'run'] }),
    policy: { ...to(jvmOptions), delivery: mode },
  };
}

function catalina(spec: ServiceSpec, mode: 'takeover' | 'image'): string | undefined {
  return containerAfter(spec, changed(spec, mode)).env?.find((each) => each.name === 'CATALINA_OPTS')?.value;
}

describe('JVM options in the pod', () => {
  it.each<[what: string, value: string, options: JsonObject, after: string]>([
    ['a size by its name', `-Xms256m  -Xmx512m ${flag}`, { add: ['-Xmx1g'] }, `-Xms256m  -Xmx1g ${flag}`],
    ['the last of several, to which the JVM listens', `-Xmx512m ${flag} -Xmx768m`, { add: ['-Xmx1g'] }, `-Xmx512m ${flag} -Xmx1g`],
    ['a size that is a flag', `-XX:MaxHeapSize=512m ${flag}`, { add: ['-Xmx1g'] }, `-Xmx1g ${flag}`],
    ['a flag by its name', `${flag} -XX:MaxRAMPercentage=50.0`, { add: ['-XX:MaxRAMPercentage=75'] }, `${flag} -XX:MaxRAMPercentage=75`],
    ['a switch', `${flag} -XX:-UseStringDeduplication`, { add: ['-XX:+UseStringDeduplication'] }, `${flag} -XX:+UseStringDeduplication`],
    ['the one garbage collector', `-XX:+UseConcMarkSweepGC ${flag} -XX:+UseParNewGC -Da=b`, { add: ['-XX:+UseG1GC'] }, `${flag} -XX:+UseG1GC -Da=b`],
    ['a garbage collector that is there, beside another', `-XX:+UseSerialGC -XX:+UseG1GC ${flag}`, { add: ['-XX:+UseG1GC'] }, `-XX:+UseG1GC ${flag}`],
    ['a property by its key', `-Da=1 -Dab=2 ${flag}`, { add: ['-Da=3'] }, `-Da=3 -Dab=2 ${flag}`],
    ['nothing that is there', `-Xmx1g ${flag}`, { add: ['-Xmx1g'] }, `-Xmx1g ${flag}`],
    ['a removal by name', `-Xmx1g -XX:MaxPermSize=256m ${flag}`, { remove: ['-XX:MaxPermSize'] }, `-Xmx1g ${flag}`],
    ['a removal of this very option', `-Xmx1g -Da=1 ${flag}`, { remove: ['-Xmx1g', '-Da=2'] }, `-Da=1 ${flag}`],
    ['a replacement, where it is there', `-Da=1 ${flag}`, { replace: { '-Da': '-Db=1', '-Xmx': '-Xmx1g' } }, `-Db=1 ${flag}`],
    ['a replacement of this very option', `-Xmx512m ${flag}`, { replace: { '-Xmx512m': '-Xmx1g', '-Xmx256m': '-Xmx9g' } }, `-Xmx1g ${flag}`],
    ['a value with blanks, quoted as the carrier has it', `-Da=1 ${flag}`, { add: ['-Da=x y'] }, `'-Da=x y' ${flag}`],
    ['quotes of others as they are', `-Dx='a;b' -Xmx1g ${flag}  -Dy="c d"`, { add: ['-Xmx2g'] }, `-Dx='a;b' -Xmx2g ${flag}  -Dy="c d"`],
  ])('change %s', (_what, value, options, after) => {
    expect(catalina(tomcat(value, options), 'takeover')).toBe(after);
    expect(catalina(tomcat(value, options, 'image'), 'image')).toBe(after.replace(` ${flag}`, '').replace(`${flag} `, ''));
  });

  it('go back to every byte by the edits alone, also where the delivery edits the same text', () => {
    const spec = tomcat(`-Xmx512m ${flag}`, { add: ['-Xmx1g'] }, 'image');

    const { edits } = changed(spec, 'image');

    expect(edits.filter((edit) => edit.kind === 'env' && edit.name === 'CATALINA_OPTS')).toEqual([
      {
        kind: 'env',
        container: 'orders',
        name: 'CATALINA_OPTS',
        before: { name: 'CATALINA_OPTS', value: `-Xmx512m ${flag}` },
        after: { name: 'CATALINA_OPTS', value: '-Xmx1g' },
      },
    ]);
  });

  it('are changed in a command line, beside the flag that goes', () => {
    const command = ['java', '-Xmx512m', flag, '-XX:+UseSerialGC', '-jar', '/app/app.jar'];
    const spec: ServiceSpec = { container: { command }, policy: to({ add: ['-XX:+UseZGC', '-Xmx1g'], remove: ['-Dgone'] }) };

    expect(containerAfter(spec, changed(spec, 'image')).command).toEqual(['java', '-Xmx1g', '-XX:+UseZGC', '-jar', '/app/app.jar']);
    expect(containerAfter(spec, changed(spec, 'takeover')).command).toEqual(['java', '-Xmx1g', flag, '-XX:+UseZGC', '-jar', '/app/app.jar']);
  });

  it('are changed in a command line where one before the flag goes, and come back in their order', () => {
    const command = ['java', '-Dgone=1', '-Xmx512m', flag, '-jar', '/app/app.jar'];
    const spec: ServiceSpec = { container: { command }, policy: to({ add: ['-Xmx1g'], remove: ['-Dgone'] }) };

    const change = changed(spec, 'image');

    expect(containerAfter(spec, change).command).toEqual(['java', '-Xmx1g', '-jar', '/app/app.jar']);
    expect(
      restoreList(
        containerAfter(spec, change).command ?? [],
        change.edits.filter((edit) => edit.kind === 'args'),
      ),
    ).toEqual(command);
  });

  it.each([
    ['what a shell completes', { command: ['sh', '-c', `exec java -Xmx\${HEAP} ${flag} -jar /app/app.jar`] }],
    [
      'what a reference completes',
      {
        env: [
          { name: 'HEAP', value: '512m' },
          { name: 'JAVA_TOOL_OPTIONS', value: `${flag} -Xmx$(HEAP)` },
        ],
      },
    ],
  ])('are not changed in %s, which is said', (_what, container) => {
    const change = changed({ container, policy: to({ add: ['-Xmx1g'] }) }, 'takeover');

    expect(change.findings.filter((each) => each.id === 'jvm-option-not-set')).toMatchObject([{ severity: 'block', params: { because: 'expression' } }]);
    expect(change.edits.map((edit) => edit.kind)).not.toContain('args');
  });
});

describe('JVM options of the image', () => {
  it('are changed in its ENV, ENTRYPOINT and scripts', () => {
    const script = `#!/bin/sh\nexec java -Xmx512m ${flag} -jar /app/app.jar\n`;
    const inScript: ServiceSpec = {
      image: javaImage({ Entrypoint: ['/app/run.sh'] }, { '/app/run.sh': { text: script, mode: 0o750, uid: 7 } }),
      policy: to({ add: ['-Xmx1g'] }),
    };
    const inEntrypoint: ServiceSpec = { image: javaImage({ Entrypoint: ['java', '-Xmx512m', flag, '-jar', '/app/app.jar'] }), policy: to({ add: ['-Xmx1g'] }) };
    const inEnv: ServiceSpec = { image: javaImage({ Env: [`JAVA_TOOL_OPTIONS=-Xmx512m ${flag}`] }), policy: to({ add: ['-Xmx1g'] }) };

    const texts = changed(inScript, 'takeover');

    expect(imageAfter(texts).files?.text('/app/run.sh')).toBe(script.replace('512m', '1g'));
    expect(imageAfter(texts).files?.entry('/app/run.sh')).toMatchObject({ mode: 0o750, uid: 7 });
    expect(imageAfter(changed(inScript, 'image')).files?.text('/app/run.sh')).toBe('#!/bin/sh\nexec java -Xmx1g -jar /app/app.jar\n');
    expect(imageAfter(changed(inEntrypoint, 'takeover')).config.entrypoint).toEqual(['java', '-Xmx1g', flag, '-jar', '/app/app.jar']);
    expect(changed(inEnv, 'takeover').env['JAVA_TOOL_OPTIONS']).toBe(`-Xmx1g ${flag}`);
  });

  it.each<[what: string, spec: ServiceSpec, where: string, value: string]>([
    ['JAVA_TOOL_OPTIONS of the image', tomcat(flag, { add: ['-Xmx1g', '-Da=b c'] }), 'image', '-Xmx1g "-Da=b c"'],
    [
      'JDK_JAVA_OPTIONS of the image, where the pod hides that',
      { container: { env: [{ name: 'JAVA_TOOL_OPTIONS', value: flag }] }, policy: to({ add: ['-Xmx1g'] }) },
      'jdk',
      '-Xmx1g',
    ],
    [
      "the pod's own, where nothing else is read",
      {
        container: {
          env: [
            { name: 'JAVA_TOOL_OPTIONS', value: flag },
            { name: 'JDK_JAVA_OPTIONS', value: '-Da=b' },
          ],
        },
        policy: to({ add: ['-Xmx1g'] }),
      },
      'pod',
      `${flag} -Xmx1g`,
    ],
  ])('that are new go to %s', (_what, spec, where, value) => {
    const change = changed(spec, 'takeover');

    const pod = containerAfter(spec, change).env?.find((each) => each.name === 'JAVA_TOOL_OPTIONS')?.value;
    const found = { image: change.env['JAVA_TOOL_OPTIONS'], jdk: change.env['JDK_JAVA_OPTIONS'], pod };
    expect(found[where as keyof typeof found]).toBe(value);
  });
});

describe('any options', () => {
  const option = fc.constantFrom(
    '-Xmx1g',
    '-Xmx2g',
    '-Xms1g',
    '-XX:+UseG1GC',
    '-XX:+UseZGC',
    '-XX:-UseG1GC',
    '-XX:MaxRAMPercentage=70',
    '-Da=1',
    '-Da=2',
    '-Xlog:gc',
    flag,
  );

  it('set twice are what they are set once, and the JVM has what was asked for', () => {
    const wanted = fc.uniqueArray(fc.constantFrom('-Xmx3g', '-XX:+UseZGC', '-Da=1', '-Xlog:gc', '--add-opens=a/b=c'), { maxLength: 4 });
    const removed = fc.uniqueArray(fc.constantFrom('-Xms', '-XX:MaxRAMPercentage', '-Db'), { maxLength: 2 });

    fc.assert(
      fc.property(fc.array(option, { maxLength: 8 }), wanted, removed, (options, add, remove) => {
        const spec = tomcat([flag, ...options].join(' '), { add, remove });
        const { subject, context } = service(spec);
        const whole = { ...subject, facts: subject.source.platforms[0].facts, policy: context.policy, files: {} };

        const once = tuneOptions(whole);
        const twice = tuneOptions({ ...whole, container: once.container, facts: once.facts });

        const seen = effectiveOptions({ container: once.container, image: once.facts.config, imageText: () => undefined }).options.map((each) => each.text);
        expect(twice.made).toMatchObject({ podEdits: [], imageEnv: {} });
        expect(seen).toEqual(expect.arrayContaining(add));
        expect(seen.filter((each) => /^-Xms|MaxRAM/.test(each) && remove.some((name) => each.startsWith(name)))).toEqual([]);
        expect(add.includes('-XX:+UseZGC') && seen.includes('-XX:+UseG1GC')).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
