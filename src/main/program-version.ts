import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Set by the build; absent when the sources run as they are. */
declare const BUNDLED_VERSION: string | undefined;

/** The version of this program, as its package says. */
export const programVersion: string = typeof BUNDLED_VERSION === 'string' ? BUNDLED_VERSION : versionOfSources();

function versionOfSources(): string {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { readonly version: string };
  return version;
}
