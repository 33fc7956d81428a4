import { describe, expect, it } from 'vitest';
import { readImageConfig } from './image-config.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const minimal = '"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["sha256:a"]}';

describe('readImageConfig', () => {
  it('reads what runs', () => {
    const config = readImageConfig(
      bytes(`{${minimal},"config":{"Entrypoint":["java"],"Cmd":["-jar","a.jar"],"Env":["A=1=2","B","A=3"],"WorkingDir":"/w","User":"1000",
        "Labels":{"k":"v","__proto__":"p"},"Volumes":{"/data":{}},"x-unknown":1},"history":[{"empty_layer":true},{"created_by":"x"},{"empty_layer":null}]}`),
    );

    expect(config).toEqual({
      os: 'linux',
      architecture: 'amd64',
      entrypoint: ['java'],
      cmd: ['-jar', 'a.jar'],
      env: [
        ['A', '1=2'],
        ['B', ''],
        ['A', '3'],
      ],
      workingDir: '/w',
      user: '1000',
      labels: { k: 'v' },
      volumes: ['/data'],
      diffIds: ['sha256:a'],
      history: [{ emptyLayer: true }, { emptyLayer: false }, { emptyLayer: false }],
    });
  });

  it.each([
    `{${minimal}}`,
    `{${minimal},"config":null,"history":null}`,
    `{${minimal},"config":{"Entrypoint":null,"Cmd":null,"Env":null,"WorkingDir":null,"User":null,"Labels":null,"Volumes":null}}`,
  ])('reads optional members that are missing or null as empty: %s', (text) => {
    const config = readImageConfig(bytes(text));

    expect(config).toMatchObject({ entrypoint: [], cmd: [], env: [], workingDir: '', user: '', labels: {}, volumes: [], history: [] });
  });

  it.each([
    ['rootfs.type is "squashfs"', '{"os":"linux","architecture":"amd64","rootfs":{"type":"squashfs","diff_ids":[]}}'],
    ['no os or no architecture', '{"os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'],
    ['"rootfs"', '{"os":"linux","architecture":"amd64"}'],
    ['"config.Entrypoint"', `{${minimal},"config":{"Entrypoint":"java"}}`],
    ['not JSON', '\uFEFF{}'],
  ])('throws unsupported: %s', (message, text) => {
    expect(() => readImageConfig(bytes(text))).toThrow(expect.objectContaining({ code: 'unsupported', message: expect.stringContaining(message) }));
  });
});
