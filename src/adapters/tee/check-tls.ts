import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ChangeoverError } from '../../core/error.ts';

/** Proves that PEM texts can be used, before the first connection needs them. Throws `invalid-file`. */
export function checkTls(options: SecureContextOptions, what: string): void {
  try {
    createSecureContext(options);
  } catch (error) {
    throw new ChangeoverError('invalid-file', `${what} cannot be used: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'Give PEM files; the key must be without a passphrase and belong to the certificate.',
      cause: error,
    });
  }
}
