import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { openClient, standIn, type Asked, type Reply, type StandIn } from '../../../test/registry/stand-in.ts';
import { sha256Digest } from '../../core/image/digest.ts';
import type { Registry } from '../../ports/registry.ts';

const bytes = randomBytes(2_000_000);
const digest = sha256Digest(bytes);

describe('copying a blob to another registry', () => {
  const servers: StandIn[] = [];
  let registry: Registry;

  afterEach(async () => {
    await registry.close();
    for (const server of servers.splice(0)) await server.close();
  });

  async function copy(
    source: (asked: Asked) => Reply | 'cut',
    answerPut: (count: number) => Reply | 'cut',
  ): Promise<{ readonly target: StandIn; readonly how: string }> {
    const from = await standIn(source);
    let puts = 0;
    const target = await standIn(({ method }) => {
      if (method === 'HEAD') return { status: 404 };
      if (method === 'POST') return { status: 202, headers: { location: '/v2/shop/orders/blobs/uploads/1' } };
      return method === 'PUT' ? answerPut((puts += 1)) : { status: 204 };
    });
    servers.push(from, target);
    registry = openClient();
    const how = await registry
      .copyBlob({ registry: target.host, path: 'shop/orders' }, { digest, size: bytes.length }, { registry: from.host, path: 'shop/orders' })
      .catch((error: unknown) => String(error));
    return { target, how };
  }

  it('starts a broken upload again, from the first byte', async () => {
    const { target, how } = await copy(
      () => ({ body: bytes }),
      (count) => (count === 1 ? 'cut' : { status: 201 }),
    );

    const sent = target.asked.filter((each) => each.method === 'PUT').map((each) => sha256Digest(each.body));
    expect(how).toBe('copied');
    expect(sent).toEqual([digest, digest]);
  });

  it('gives up after three broken uploads', async () => {
    const { target, how } = await copy(
      () => ({ body: bytes }),
      () => 'cut',
    );

    expect(how).toContain('no answer from');
    expect(target.asked.filter((each) => each.method === 'PUT')).toHaveLength(3);
  });

  it('never ends an upload whose content is not what its digest says', async () => {
    const wrong = Buffer.from(bytes);
    wrong[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;

    const { target, how } = await copy(
      () => ({ body: wrong }),
      () => ({ status: 201 }),
    );

    expect(how).toContain('is not what its digest says');
    expect(target.asked.filter((each) => each.method === 'PUT')).toEqual([]);
  });

  it('gives the upload back, unfinished, where the source is not to be had', async () => {
    const { target, how } = await copy(
      () => ({ status: 404 }),
      () => ({ status: 201 }),
    );

    expect(how).toContain('the registry does not have this blob');
    expect(target.lines().at(-1)).toBe('DELETE /v2/shop/orders/blobs/uploads/1');
  });
});
