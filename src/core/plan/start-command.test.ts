import { describe, expect, it } from 'vitest';
import { agentsStarted, changed, containerAfter, imageAfter, javaImage, OTEL, refusal, SWJ, type ServiceSpec } from '../../../test/builders/service.ts';

const flag = `-javaagent:${SWJ}`;
const script = '#!/bin/sh\nset -e\nexec "$@"\n';
const entrypoint = ['/bin/sh', '/changeover/files/start.sh'];
const files = { 'start.sh': new TextEncoder().encode(script), 'conf/jvm.options': new TextEncoder().encode('-Xmx1g\n') };

describe("the policy's files", () => {
  it('lie below the home, readable for everybody, scripts executable', () => {
    const { files: placed } = imageAfter(changed(spec()));

    expect(placed?.text('/changeover/files/start.sh')).toBe(script);
    expect(placed?.entry('/changeover/files/start.sh')).toMatchObject({ mode: 0o755, uid: 0 });
    expect(placed?.entry('/changeover/files/conf/jvm.options')).toMatchObject({ mode: 0o644 });
    expect(placed?.entry(OTEL)).toMatchObject({ type: 'file' });
  });

  it('do not make another agent layer, which one upload serves for everybody', () => {
    const [withFiles] = changed(spec()).target.layers;
    const [without] = changed({ ...spec(), files: {}, policy: {} }).target.layers;

    expect(withFiles?.digest).toBe(without?.digest);
  });

  it('are a part of the image, so that others make another one', () => {
    const other = { ...files, 'start.sh': new TextEncoder().encode('#!/bin/sh\nexec "$@" --slow\n') };

    expect(changed({ ...spec(), files: other }).target.hash8).not.toBe(changed(spec()).target.hash8);
  });

  it('go with the image mode alone, and a takeover says so', () => {
    const change = changed(spec(), 'takeover');

    expect(imageAfter(change).files?.entry('/changeover/files')).toBeUndefined();
    expect(imageAfter(change).config.entrypoint).toEqual(['java', '-jar', '/app/app.jar']);
    expect(change.findings.map((finding) => finding.id)).toContain('image-files-unused');
  });
});

describe("the policy's start command", () => {
  it('gets the old ENTRYPOINT and CMD as its arguments, without the old options', () => {
    const image = javaImage({ Entrypoint: ['java', flag, '-jar', '/app/app.jar'], Cmd: ['--port', '80'] });

    const change = changed({ ...spec(), image });

    expect(imageAfter(change).config).toMatchObject({ entrypoint, cmd: ['java', '-jar', '/app/app.jar', '--port', '80'] });
    expect(agentsStarted(imageAfter(change), containerAfter({ ...spec(), image }, change))).toEqual(['opentelemetry']);
  });

  it("keeps the old ENTRYPOINT where args of the pod take CMD's place", () => {
    const image = javaImage({ Entrypoint: ['java', '-jar', '/app/app.jar'], Cmd: ['--port', '80'], Env: [`JAVA_TOOL_OPTIONS=${flag}`] });

    const { config } = imageAfter(changed({ ...spec(), image, container: { args: ['--port', '90'] } }));

    expect(config).toMatchObject({ entrypoint: [...entrypoint, 'java', '-jar', '/app/app.jar'], cmd: ['--port', '80'] });
  });

  it('has no effect where the pod sets a command, and the plan says so', () => {
    const hidden = { ...spec(), container: { command: ['java', flag, '-jar', '/app/app.jar'] } };

    expect(changed(hidden).findings).toContainEqual({ id: 'entrypoint-hidden', severity: 'warn', params: {} });
    expect(changed(spec()).findings.map((finding) => finding.id)).not.toContain('entrypoint-hidden');
  });

  it('is refused where its program is in neither the image nor the files', () => {
    const missing = { ...spec(), policy: { image: { entrypoint: ['/bin/bash', '/changeover/files/start.sh'] } } };
    const ours = { ...spec(), policy: { image: { entrypoint: ['/changeover/files/start.sh'] } } };

    expect(refusal(missing)).toMatchObject({ id: 'entrypoint-not-in-image', params: { path: '/bin/bash' } });
    expect(imageAfter(changed(ours)).config.entrypoint).toEqual(['/changeover/files/start.sh']);
  });

  it('that starts no JVM is refused: nothing would load the new agent', () => {
    expect(refusal({ ...spec(), files: { 'start.sh': new TextEncoder().encode('#!/bin/sh\nexec nginx\n') } })).toMatchObject({
      id: 'no-carrier',
      params: { because: 'not-reached' },
    });
  });

  it('left out leaves ENTRYPOINT and CMD as they are', () => {
    const { config } = imageAfter(changed({ ...spec(), policy: {} }));

    expect(config).toMatchObject({ entrypoint: ['java', '-jar', '/app/app.jar'], cmd: [] });
  });
});

function spec(): ServiceSpec {
  const image = javaImage({ Env: [`JAVA_TOOL_OPTIONS=${flag}`] });
  return { image, files, policy: { image: { entrypoint, files: { 'start.sh': './start.sh' } } } };
}
