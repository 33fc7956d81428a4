import { createHash } from 'node:crypto';
import type { StoredRepository } from './simulated-registry-content.ts';

export interface RegistryQuestion {
  readonly method: string;
  /** Its host names the registry in the store. */
  readonly url: URL;
  /** By lower-case name. */
  readonly headers: { readonly [name: string]: string };
  readonly body: Buffer;
}

export interface RegistryAnswer {
  readonly status: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | Uint8Array;
}

/** One question to one repository. */
export interface RepositoryQuestion extends RegistryQuestion {
  readonly stored: StoredRepository;
  /** The repository's path. */
  readonly name: string;
  /** The last part of the URL's path: a digest, a tag, an upload. */
  readonly id: string;
}

/** An error in the form of the specification. */
export function refuse(status: number, code: string, message: string, detail?: string): RegistryAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ errors: [{ code, message, detail }] }) };
}

/** Whether bytes hash to a digest (sha256, sha512). */
export function hashesTo(digest: string, bytes: Uint8Array): boolean {
  const [, algorithm] = /^(sha256|sha512):/.exec(digest) ?? [];
  return algorithm !== undefined && digest === `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
