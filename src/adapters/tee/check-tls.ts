import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { ChangeoverError } from '../../core/error.ts';

/** Proves that PEM texts can be used, before the first connection needs them. Throws `invalid-file`. */
export function checkTls(options: { readonly cert?: string; readonly key?: string; readonly ca?: string }, what: string): void {
  try {
    createSecureContext(options);
    if (options.ca !== undefined) void new X509Certificate(options.ca); // a context takes any text as a CA
  } catch (error) {
    throw new ChangeoverError('invalid-file', `${what} cannot be used: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'Give PEM files; the key must be without a passphrase and belong to the certificate.',
      cause: error,
    });
  }
}
