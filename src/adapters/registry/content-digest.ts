import { createHash, type Hash } from 'node:crypto';
import { ChangeoverError } from '../../core/error.ts';
import { corruptContent } from './registry-error.ts';

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Whether a text is a digest we can verify: sha256 or sha512, the registered algorithms of the image specification. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** The digest itself. Throws `unsupported` for one we cannot verify. */
export function checkedDigest(digest: string, target: string): string {
  if (isDigest(digest)) return digest;
  throw new ChangeoverError('unsupported', `"${digest}" is not a sha256 or sha512 digest`, { target });
}

/** A hash of the algorithm a digest is of. */
export function hashLike(digest: string): { update(bytes: Uint8Array): void; digest(): string } {
  const algorithm = digest.slice(0, digest.indexOf(':'));
  const hash: Hash = createHash(algorithm);
  return { update: (bytes) => void hash.update(bytes), digest: () => `${algorithm}:${hash.digest('hex')}` };
}

/** Throws `refused` unless the bytes hash to the digest. */
export function checkContent(bytes: Uint8Array, digest: string, target: string): void {
  const hash = hashLike(checkedDigest(digest, target));
  hash.update(bytes);
  const found = hash.digest();
  if (found !== digest) throw corruptContent(digest, found, target);
}
