import { join } from 'node:path';

/** Set by the build; absent when the sources run as they are. */
declare const BUNDLED_VERSION: string | undefined;

/** Path of the bridge's jar: beside the bundled program, or where Maven builds it. */
export const bridgeJar: string = join(
  import.meta.dirname,
  typeof BUNDLED_VERSION === 'string' ? 'changeover-bridge.jar' : '../../java/bridge/target/changeover-bridge.jar',
);
