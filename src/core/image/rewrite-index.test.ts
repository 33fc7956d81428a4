import { describe, expect, it } from 'vitest';
import { sha256Digest } from './digest.ts';
import { mediaTypes } from './media-types.ts';
import { rewriteIndex } from './rewrite-index.ts';

const digest = (n: number): string => `sha256:${`${n}`.repeat(64)}`;
const child = (n: number, more: string): string => `{ "mediaType":"${mediaTypes.oci.manifest}","digest":"${digest(n)}","size":${n}${more} }`;
const amd64 = child(1, ',"platform":{"architecture":"amd64","os":"linux","features":["x"]},"annotations":{"k":"v"},"data":"b2xk"');
const arm64 = child(2, ', "platform": {"architecture":"arm64","os":"linux"}');
const attests = (n: number, subject: number): string =>
  child(
    n,
    `,"annotations":{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"${digest(subject)}"},"platform":{"architecture":"unknown","os":"unknown"}`,
  );
const indexOf = (...children: readonly string[]): { index: Uint8Array; mediaType: string } => ({
  index: new TextEncoder().encode(`{"schemaVersion":2,\n "manifests":[${children.join(', ')}], "annotations":{"a":"b"}}`),
  mediaType: mediaTypes.oci.index,
});

describe('rewriteIndex', () => {
  it('replaces one child and leaves the others as they are', () => {
    const replacements = new Map([[digest(1), { digest: digest(9), size: 99 }]]);

    const result = rewriteIndex(indexOf(arm64, amd64), replacements);

    const replaced = amd64.replace(digest(1), digest(9)).replace('"size":1', '"size":99').replace(',"data":"b2xk"', '');
    expect(new TextDecoder().decode(result.index)).toBe(new TextDecoder().decode(indexOf(arm64, replaced).index));
    expect(result).toMatchObject({ digest: sha256Digest(result.index), mediaType: mediaTypes.oci.index, dropped: [] });
  });

  it('drops the attestation of a replaced child, and keeps those of others', () => {
    const soci = child(6, `,"artifactType":"application/vnd.amazon.soci.index.v2+json","annotations":{"com.amazon.soci.image-manifest-digest":"${digest(1)}"}`);
    const replacements = new Map([[digest(1), { digest: digest(9), size: 99 }]]);

    const result = rewriteIndex(indexOf(attests(4, 1), amd64, arm64, attests(5, 2), soci), replacements);

    const { manifests } = JSON.parse(new TextDecoder().decode(result.index)) as { manifests: { digest: string }[] };
    expect(manifests.map((child) => child.digest)).toEqual([9, 2, 5].map(digest));
    expect(result.dropped).toEqual([digest(4), digest(6)]);
  });

  it('replaces a child wherever the index names it', () => {
    const result = rewriteIndex(indexOf(amd64, amd64), new Map([[digest(1), { digest: digest(9), size: 99 }]]));

    expect(new TextDecoder().decode(result.index)).not.toContain(digest(1));
  });

  it('refuses to replace what the index does not have', () => {
    expect(() => rewriteIndex(indexOf(arm64), new Map([[digest(1), { digest: digest(9), size: 99 }]]))).toThrow(
      expect.objectContaining({ code: 'refused', message: expect.stringContaining(digest(1)) }),
    );
  });
});
