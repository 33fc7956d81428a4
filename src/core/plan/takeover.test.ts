import { describe, expect, it } from 'vitest';
import {
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

const flag = `-javaagent:${SWJ}`;
const inPod = { env: [{ name: 'JAVA_TOOL_OPTIONS', value: `-Xss1m ${flag}=a=b -Dskywalking.agent.service_name=orders` }] };

describe('a takeover', () => {
  it("puts a link in the old jar's place, and changes no option anywhere", () => {
    const spec = { container: inPod };

    const change = changed(spec, 'takeover');

    expect(imageAfter(change).files?.entry(SWJ)).toMatchObject({ type: 'symlink', link: OTEL });
    expect(change.edits.map((edit) => edit.kind)).toEqual(['image']);
    expect(Object.keys(change.env).every((name) => name.startsWith('OTEL_'))).toBe(true);
  });

  it("without the bridge adds what is the workload's own to the pod", () => {
    const change = changed({ container: inPod, policy: { to: { files: { path: 'agent.jar' }, bridge: false } } }, 'takeover');

    expect(change.edits.map((edit) => (edit.kind === 'env' ? `${edit.name}=${edit.after?.value}` : edit.kind))).toEqual(['image', 'OTEL_SERVICE_NAME=orders']);
  });

  it('removes what nothing reads any more, and leaves the settings', () => {
    const change = changed({ container: inPod }, 'takeover');

    expect(change.delivery.removes).toEqual(['LICENSE', 'activations', 'plugins'].map((name) => `/skywalking/agent/${name}`));
    expect(change.delivery.stays).toEqual(['/skywalking/agent/config']);
    expect(imageAfter(change).files?.children('/skywalking/agent')).toEqual(['config', 'skywalking-agent.jar']);
  });

  it.each<[string, string]>([
    ['by its path', 'ls /skywalking/agent/activations'],
    ['behind a variable', 'ls ${SW}/activations'],
    ['after it went there', 'cd /skywalking/agent; ls activations'],
  ])('keeps what a script uses %s', (_case, command) => {
    const container = { ...inPod, lifecycle: { preStop: { exec: { command: ['sh', '-c', command] } } } };

    expect(changed({ container }, 'takeover').delivery.removes).toEqual(['/skywalking/agent/LICENSE', '/skywalking/agent/plugins']);
  });

  it('knows the folder by its plugins where the settings are not in the image', () => {
    const { '/skywalking/agent/config/agent.config': _config, ...files } = javaImage().files;

    expect(changed({ container: inPod, image: { ...javaImage(), files } }, 'takeover').delivery.removes).toContain('/skywalking/agent/plugins');
  });

  it('keeps what a volume lies in', () => {
    const volumeMounts = [{ name: 'plugin', mountPath: '/skywalking/agent/plugins/own.jar' }];

    expect(changed({ container: { ...inPod, volumeMounts } }, 'takeover').delivery.removes).toEqual([
      '/skywalking/agent/LICENSE',
      '/skywalking/agent/activations',
    ]);
  });

  it('removes nothing beside a jar that lies among the files of the application', () => {
    const jar = '/srv/skywalking-agent.jar';
    const image = javaImage({}, { [jar]: 'PK', '/srv/plugins/payment.jar': 'PK', '/srv/config/application.yml': 'a: b', '/srv/LICENSE': 'ours' });

    const change = changed({ image, container: { env: [{ name: 'JAVA_TOOL_OPTIONS', value: `-javaagent:${jar}` }] } }, 'takeover');

    expect(change.delivery.removes).toEqual([]);
    expect(imageAfter(change).files?.children('/srv')).toEqual(['LICENSE', 'config', 'plugins', 'skywalking-agent.jar']);
  });

  it('runs exactly one agent, whichever of image and pod goes back', () => {
    const spec = { container: inPod };
    const change = changed(spec, 'takeover');
    const before = service(spec).subject;

    for (const container of [before.container, containerAfter(spec, change)]) {
      expect(agentsStarted(imageAfter(change), container)).toEqual(['opentelemetry']);
      expect(agentsStarted(before.source.platforms[0].facts, container)).toEqual(['skywalking']);
    }
  });

  it.each<[string, string, ServiceSpec]>([
    ['the layers were not read', 'layers-not-scanned', { image: { ...javaImage(), unscanned: true } }],
    [
      'the jar is not in the image',
      'jar-not-in-image',
      { container: { env: [{ name: 'JAVA_TOOL_OPTIONS', value: '-javaagent:/agent/skywalking-agent.jar' }] } },
    ],
    ['a volume covers the jar', 'mounted-over', { container: { ...inPod, volumeMounts: [{ name: 'v', mountPath: '/skywalking/' }] } }],
    ["a volume covers the new agent's home", 'mounted-over', { container: { ...inPod, volumeMounts: [{ name: 'v', mountPath: '/changeover/agent' }] } }],
    ['the image has something in that home', 'home-taken', { image: javaImage({}, { '/changeover/app.jar': 'PK' }) }],
    [
      'a volume covers what the path leads to',
      'mounted-over',
      {
        container: {
          env: [{ name: 'JAVA_TOOL_OPTIONS', value: '-javaagent:/sw/skywalking-agent.jar' }],
          volumeMounts: [{ name: 'v', mountPath: '/skywalking' }],
        },
        image: javaImage({}, { '/sw': { link: '/skywalking/agent' } }),
      },
    ],
    [
      'a script of the image moves the jar',
      'jar-moved-by-script',
      { image: javaImage({ Entrypoint: ['/run.sh'] }, { '/run.sh': `#!/bin/sh\ncp -r /skywalking/agent /tmp/agent\nexec java -jar /app/app.jar\n` }) },
    ],
    [
      'a script that another one calls fetches the jar',
      'jar-moved-by-script',
      {
        image: javaImage(
          { Entrypoint: ['/run.sh'] },
          { '/run.sh': `#!/bin/sh\n. /lib.sh\nexec java -jar /app/app.jar\n`, '/lib.sh': `#!/bin/sh\ncurl -o ${SWJ} http://x/sw.jar\n` },
        ),
      },
    ],
  ])('is refused where %s', (_case, id, spec) => {
    expect(refusal({ container: inPod, ...spec }, 'takeover')).toMatchObject({ id });
  });
});
