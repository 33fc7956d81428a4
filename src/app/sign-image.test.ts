import { beforeEach, describe, expect, it } from 'vitest';
import { openSimulatedRegistry, type SimulatedRegistry } from '../adapters/simulated/simulated-registry.ts';
import { ChangeoverError } from '../core/error.ts';
import { mediaTypes } from '../core/image/media-types.ts';
import type { CommandEnd } from '../ports/run-command.ts';
import { openSigner } from './sign-image.ts';

const repository = { registry: 'registry.example.com', path: 'shop/orders' };
const image = { repository, digest: `sha256:${'1'.repeat(64)}` };
const name = `registry.example.com/shop/orders@${image.digest}`;
const well: CommandEnd = { exitCode: 0, timedOut: false, output: '' };

describe('signing', () => {
  let registry: SimulatedRegistry;
  let calls: (readonly string[])[];

  beforeEach(() => {
    registry = openSimulatedRegistry();
    calls = [];
  });

  const signer = (end: CommandEnd | ChangeoverError = well): ReturnType<typeof openSigner> => {
    const runCommand = async (argv: readonly string[]): Promise<CommandEnd> => {
      calls.push(argv);
      if (end instanceof ChangeoverError) throw end;
      return end;
    };
    return openSigner({ registry, runCommand }, ['cosign', 'sign', '--yes', '{ref}']);
  };

  it('runs the command with repository and digest, once per digest of a run', async () => {
    const sign = signer();

    await Promise.all([sign(image), sign(image)]);
    await sign(image);

    expect(calls).toEqual([['cosign', 'sign', '--yes', name]]);
  });

  it("does not sign again what has cosign's tag, or a signature that refers to it", async () => {
    const tagged = { ...image, digest: `sha256:${'2'.repeat(64)}` };
    const index = (more: object): Uint8Array => Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [], ...more }));
    await registry.putManifest(repository, tagged.digest.replace(':', '-').concat('.sig'), { mediaType: mediaTypes.oci.index, bytes: index({}) });
    const referrer = index({ artifactType: 'application/vnd.cncf.notary.signature', subject: { digest: image.digest } });
    await registry.putManifest(repository, 'referrer', { mediaType: mediaTypes.oci.index, bytes: referrer });

    await signer()(image);
    await signer()(tagged);

    expect(calls).toEqual([]);
  });

  it.each([
    [{ exitCode: 1, timedOut: false, output: 'starting\nno key: password=hunter2\n' }, 'cosign ended with 1: no key: password=***'],
    [{ exitCode: null, timedOut: false, output: '' }, 'cosign ended with a signal'],
    [{ exitCode: null, timedOut: true, output: '' }, 'cosign took longer than 2 minutes'],
    [new ChangeoverError('usage', 'cosign cannot be started: ENOENT'), 'cosign cannot be started: ENOENT'],
  ])('says why it failed, without secrets: %j', async (end, message) => {
    const sign = signer(end);

    await expect(sign(image)).rejects.toMatchObject({ code: 'refused', rule: 'sign-failed', target: name, message: expect.stringContaining(message) });
    await expect(sign(image)).rejects.toThrow(message);
    expect(calls).toHaveLength(2);
  });
});
