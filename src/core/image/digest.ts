import { createHash } from 'node:crypto';

/** `sha256:` and the lower-case hex hash of the bytes: how registries name content. */
export function sha256Digest(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
