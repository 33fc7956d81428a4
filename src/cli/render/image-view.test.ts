import { describe, expect, it } from 'vitest';
import type { ImageReport, PlatformReport } from '../../core/image-report/image-report.ts';
import { formatRewriteSummary } from './image-rewrite-summary.ts';
import { formatImage } from './image-view.ts';
import { painter } from './paint.ts';

const style = { paint: painter(false), width: 100 };
const digest = `sha256:${'1'.repeat(64)}`;

const platform: PlatformReport = {
  os: 'linux',
  architecture: 'amd64',
  digest,
  config: { entrypoint: ['sh', '-c', 'exec java'], cmd: [], workingDir: '', user: '', env: [] },
  java: [],
  layers: [
    { digest, size: 999, mediaType: '', ours: false },
    { digest, size: 21_900_000, mediaType: '', ours: true },
  ],
  agents: [],
  findings: [],
};

const report: ImageReport = {
  apiVersion: 'changeover.dev/v1alpha1',
  kind: 'ImageReport',
  reference: 'registry.example.com/shop/orders:1.0',
  digest,
  mediaType: '',
  platforms: [platform],
  takeover: { possible: false, because: [{ id: 'old-agent-absent', severity: 'block', params: { agent: 'skywalking' } }] },
  signatures: [],
};

const show = (changes: Partial<ImageReport>): string => formatImage({ ...report, ...changes }, style).join('\n');

describe('formatImage', () => {
  it('leaves out what an image does not have, and tells sizes and layers of ours', () => {
    const text = show({});

    expect(text).toContain('kind        one image for linux/amd64');
    expect(text).toContain('entrypoint  sh -c "exec java"');
    expect(text).toMatch(/layers {6}2, 21\.9 MB\n +sha256:111111111111 +999 B\n +sha256:111111111111 {2}21\.9 MB {2}ours$/m);
    expect(text).not.toMatch(/workdir|user|ENV|Java|signed|made by/);
    expect(text).toMatch(/^Agents\n {2}none$/m);
  });

  it('names what an index holds and gives every platform its own part', () => {
    const text = show({
      children: [
        { digest, mediaType: '', role: 'image', platform: { os: 'linux', architecture: 'amd64' } },
        { digest, mediaType: '', role: 'image', platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
        { digest, mediaType: '', role: 'attestation', about: digest },
      ],
      platforms: [platform, { ...platform, architecture: 'arm64' }],
    });

    expect(text).toContain('an index of linux/amd64, linux/arm64/v8, attestation');
    expect(text).toMatch(/^linux\/amd64$/m);
    expect(text).toMatch(/^linux\/arm64$/m);
  });

  it('shows what somebody chose for an agent, each with its source, and no defaults beside it', () => {
    const settings = {
      'agent.service_name': { value: 'orders', source: '-Dskywalking.agent.service_name' },
      'logging.level': { value: 'INFO', source: '/a/agent.config', isDefault: true },
    } as const;

    const text = show({ platforms: [{ ...platform, agents: [{ id: 'skywalking', jarPath: '/a/a.jar', links: [], namedBy: ['image ENV X'], settings }] }] });

    expect(text).toContain('settings    agent.service_name=orders (-Dskywalking.agent.service_name)');
    expect(text).toContain('named by    image ENV X');
    expect(text).not.toContain('logging.level');
  });

  it('does not let an image write to the terminal', () => {
    const text = show({
      platforms: [
        { ...platform, config: { ...platform.config, user: '\u001B[31mroot', workingDir: '/a\nb', env: [{ name: 'A\u202E', value: '\u001B]0;x\u0007' }] } },
      ],
    });

    for (const character of ['\u001B', '\u0007', '\u202E']) expect(text).not.toContain(character);
    expect(text).toContain('/a b');
  });
});

describe('formatRewriteSummary', () => {
  it('says what becomes of the image, what was tried before, what pods need, and that signatures are lost', () => {
    const rewrite = {
      reference: 'registry.example.com/shop/orders:2',
      digest,
      status: 'planned',
      delivery: 'image',
      refused: [{ mode: 'takeover', finding: { id: 'jar-not-in-image', severity: 'block', params: { path: '/a.jar' } } }],
      agent: 'opentelemetry',
      version: '2.33.1',
      env: { A: 'b' },
      removes: [],
      stays: ['/opt/skywalking'],
      edited: ['/app/run.sh'],
      podEnv: { OTEL_SERVICE_NAME: 'orders' },
      findings: [{ id: 'env-overridden', severity: 'info', params: { name: 'A', by: 'image ENV' } }],
    } as const;

    const text = formatRewriteSummary({ ...report, signatures: [{ kind: 'signature', about: digest, tag: 'sha256-1.sig' }], rewrite }, style).join('\n');

    expect(text).toContain("delivery    image (not takeover: the old agent's jar /a.jar is not in the image)");
    expect(text).toContain('edits       /app/run.sh');
    expect(text).toContain('pods need   OTEL_SERVICE_NAME=orders (settings of the old agent: they are not in the new image)');
    expect(text).toContain('signatures  sha256-1.sig are about the old image: sign the new one');
    expect(text).toContain("· the workload's own A (image ENV) stays and overrides ours (env-overridden)");
    expect(text).not.toContain('removes');
  });
});
