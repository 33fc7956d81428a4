import { describe, expect, it } from 'vitest';
import { javaImage, service, SWJ, type ServiceSpec } from '../../../test/builders/service.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { unsealEdits } from '../workload/seal-edits.ts';
import { firstLook } from './first-look.ts';
import { inspectWorkload } from './inspect-workload.ts';
import { planChange } from './plan-change.ts';
import { planWorkload, refusePush, type PlannedWorkload } from './plan-workload.ts';
import type { MigrateItem, SkipItem } from './plan.ts';

const flag = `-javaagent:${SWJ}`;
const inPod = { container: { env: [{ name: 'CATALINA_OPTS', value: flag }] }, image: javaImage({ Entrypoint: ['catalina.sh', 'run'] }) };
/** Its jar is copied at start: a takeover is not safe, and the flag stands in the image alone. */
const copied: ServiceSpec = {
  image: javaImage({ Env: [`JAVA_TOOL_OPTIONS=${flag}`] }),
  container: { lifecycle: { postStart: { exec: { command: ['sh', '-c', 'cp -r /skywalking/agent /tmp'] } } } },
};

describe('delivery: auto', () => {
  it('takes over where that is safe', () => {
    expect(migration(plan(inPod))).toMatchObject({ delivery: 'takeover', refused: [] });
  });

  it('rewrites where a takeover is not, and says which of its conditions failed', () => {
    expect(migration(plan(copied))).toMatchObject({ delivery: 'image', refused: [{ mode: 'takeover', finding: { id: 'jar-moved-by-script' } }] });
  });

  it('leaves a workload alone that neither can move, with both reasons', () => {
    const env = [{ name: 'JAVA_TOOL_OPTIONS', value: flag }];

    const item = skip(plan({ container: { env }, image: { ...javaImage(), unscanned: true } }));

    expect(item.skip).toEqual({ id: 'blocked', params: { findings: ['layers-not-scanned'] } });
    expect(item.findings.map((each) => each.id)).toEqual(['agent-config-assumed', 'no-readiness-probe', 'no-stop-hook']);
    expect(item.refused?.map((each) => each.mode)).toEqual(['takeover', 'image']);
  });

  it.each(['takeover', 'image'] as const)('is not asked where the policy says %s', (delivery) => {
    expect(migration(plan({ ...inPod, policy: { delivery } }))).toMatchObject({ delivery, refused: [] });
  });

  it('does not fall back where the policy allows the takeover alone', () => {
    const item = skip(plan({ ...copied, policy: { delivery: 'takeover' } }));

    expect(item.refused).toMatchObject([{ mode: 'takeover', finding: { id: 'jar-moved-by-script' } }]);
  });
});

describe('a planned migration', () => {
  it('says what the new image brings, and what of the old agent goes and stays', () => {
    const script = { '/app/run.sh': `#!/bin/sh\nexec java ${flag} -jar /app/app.jar\n` };
    const image = javaImage({ Entrypoint: ['/app/run.sh'] }, script);

    const item = migration(plan({ image, policy: { delivery: 'image' } }));

    expect(item.target).toMatchObject({
      edited: ['/app/run.sh'],
      stays: [],
      env: { JAVA_TOOL_OPTIONS: '-javaagent:/changeover/agent/javaagent.jar', OTEL_TRACES_EXPORTER: 'otlp' },
    });
    expect(item.target.removes).toContain('/skywalking/agent/plugins');
  });

  it('is the same however often it is made, and from other files another', () => {
    const files = { 'a.txt': new Uint8Array([1]) };
    const digest = (spec: ServiceSpec): string => migration(plan({ ...inPod, ...spec, policy: { delivery: 'image' } })).target.digest;

    expect(digest({})).toBe(digest({}));
    expect(digest({ files })).not.toBe(digest({}));
  });

  it('holds no credential of options, and the change made again has the exact values', () => {
    const options = `-Ddb.password=s3cr3t-1 ${flag} -Xss1m`;
    const spec: ServiceSpec = {
      container: { env: [{ name: 'JAVA_TOOL_OPTIONS', value: options }], args: ['-Dapi.token=s3cr3t-2'] },
      image: javaImage({ Entrypoint: ['java', '-jar', '/app/app.jar'], Env: ['JDK_JAVA_OPTIONS=-Dkeystore.password=s3cr3t-3'] }),
      policy: { delivery: 'image' },
    };

    const item = migration(plan(spec));
    const { subject, context } = service(spec);
    const again = planChange(subject, context, 'image');

    expect(JSON.stringify(item)).not.toContain('s3cr3t');
    expect(item.target.env).toMatchObject({ JDK_JAVA_OPTIONS: '-Dkeystore.password=*** -javaagent:/changeover/agent/javaagent.jar' });
    expect(again.kind === 'planned' ? unsealEdits(item.edits, again.edits) : undefined).toContainEqual({
      kind: 'env',
      container: 'orders',
      name: 'JAVA_TOOL_OPTIONS',
      before: { name: 'JAVA_TOOL_OPTIONS', value: options },
      after: { name: 'JAVA_TOOL_OPTIONS', value: '-Ddb.password=s3cr3t-1 -Xss1m' },
    });
  });

  it('says that nothing is proven where the layers were not read, so that apply does not read them either', () => {
    const image = { ...javaImage({ Env: [`JAVA_TOOL_OPTIONS=${flag}`] }), unscanned: true };

    expect(migration(plan({ image, policy: { delivery: 'image' } })).source).toMatchObject({ unscanned: true });
    expect(migration(plan(inPod)).source).not.toHaveProperty('unscanned');
  });

  it('becomes a skip that names the mode when its image may not be pushed', () => {
    const { item } = plan(copied);

    const refused = refusePush(item, 'registry.example.com/shop/orders');

    expect(refused).toMatchObject({ action: 'skip', skip: { id: 'blocked', params: { findings: ['push-denied'] } } });
    expect(refused.refused?.map((each) => [each.mode, each.finding.id])).toEqual([
      ['takeover', 'jar-moved-by-script'],
      ['image', 'push-denied'],
    ]);
  });
});

describe('an image of several platforms', () => {
  const script = (heap: string): string => `#!/bin/sh\nexec java ${heap} ${flag} -jar /app/app.jar\n`;
  const platform = (architecture: string, heap: string): ReturnType<typeof javaImage> => ({
    ...javaImage({ Entrypoint: ['/app/run.sh'] }, { '/app/run.sh': script(heap) }),
    architecture,
  });

  it('is edited platform by platform, each by its own files', () => {
    const spec: ServiceSpec = { image: [platform('amd64', '-Xmx1g'), platform('arm64', '-Xmx2g')], policy: { delivery: 'image' } };

    const { target } = plan(spec);

    expect(target?.platforms).toHaveLength(2);
    expect(new Set(target?.layers.map((layer) => layer.digest)).size).toBe(3);
  });

  it('is refused where they need different edits of the pod', () => {
    const start = (text: string): ReturnType<typeof javaImage> =>
      javaImage({ Entrypoint: ['/run.sh'] }, { '/run.sh': `#!/bin/sh\nexec java ${text} -jar /app/app.jar\n` });
    const env = [
      { name: 'AGENT', value: flag },
      { name: 'MORE', value: '-Dskywalking.agent.is_cache_enhanced_class=true' },
    ];

    const image = [start('$AGENT $MORE'), { ...start('$AGENT'), architecture: 'arm64' }] as const;

    expect(skip(plan({ image, container: { env }, policy: { delivery: 'image' } })).skip).toMatchObject({ params: { findings: ['platforms-differ'] } });
    expect(migration(plan({ image, container: { env } })).delivery).toBe('takeover');
  });

  it('is refused where one of them does not start the old agent', () => {
    const spec: ServiceSpec = { image: [platform('amd64', '-Xmx1g'), { ...javaImage(), architecture: 'arm64' }] };

    const item = skip(plan(spec));

    expect(item.skip).toEqual({ id: 'blocked', params: { findings: ['platforms-differ'] } });
  });
});

describe("an upgrade of somebody else's agent", () => {
  const jar = (version: string): string => `/opt/otel/opentelemetry-javaagent-${version}.jar`;
  const signals = ['OTEL_TRACES_EXPORTER=otlp', 'OTEL_METRICS_EXPORTER=none', 'OTEL_LOGS_EXPORTER=none'];
  const upgrade = (version: string, more: readonly string[] = signals): PlannedWorkload =>
    plan({
      container: { env: [{ name: 'JAVA_TOOL_OPTIONS', value: `-javaagent:${jar(version)}` }] },
      image: javaImage({ Env: [...more] }, { [jar(version)]: 'PK opentelemetry' }),
      policy: { from: { agent: 'opentelemetry' }, to: { files: { path: 'agent.jar' }, bridge: false } },
    });

  it('has nothing to do where version and settings are the target already', () => {
    expect(skip(upgrade('2.33.1')).skip).toEqual({ id: 'already-on-target', params: { agent: 'opentelemetry' } });
  });

  it.each([
    ['another version', upgrade('2.20.0')],
    ['other settings', upgrade('2.33.1', [])],
  ])('has something to do where it has %s', (_what, planned) => {
    expect(migration(planned)).toMatchObject({ delivery: 'takeover', agent: { id: 'opentelemetry' } });
  });
});

describe('options that cannot be read', () => {
  it('are no proof that the old agent is absent', () => {
    const env = [{ name: 'JAVA_TOOL_OPTIONS', valueFrom: { secretKeyRef: { name: 'jvm', key: 'opts' } } }];

    expect(skip(plan({ container: { env } })).skip).toEqual({ id: 'blocked', params: { findings: ['options-unreadable'] } });
  });
});

function plan(spec: ServiceSpec): PlannedWorkload {
  const { subject, context } = service(spec);
  const { source, configMaps } = subject;
  const workload = { ...subject.workload, pods: subject.workload.pods.map((pod) => ready(pod, source.digest)) };
  const look = firstLook(workload, context.policy);
  const images = new Map([['orders', { kind: 'read', image: source } as const]]);
  const inspection = inspectWorkload({ workload, policy: context.policy, look, images, configMaps });
  return planWorkload(inspection, { ...context, allowance: { ids: [], rules: [], today: '2026-01-01' } });
}

function ready(pod: KubeObject, digest: string): KubeObject {
  const status: JsonObject = {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'orders', ready: true, restartCount: 0, image: '', imageID: `registry.example.com/shop/orders@${digest}` }],
  };
  return { ...pod, status: isJsonObject(pod['status']) ? pod['status'] : status };
}

function migration({ item }: PlannedWorkload): MigrateItem {
  if (item.action !== 'migrate') throw new Error(JSON.stringify(item));
  return item;
}

function skip({ item }: PlannedWorkload): SkipItem {
  if (item.action !== 'skip') throw new Error(JSON.stringify(item));
  return item;
}
