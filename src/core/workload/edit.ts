import type { EnvVar } from './workload.ts';

/**
 * One field we change in a pod template. Named by container and variable, never by index: positions are looked up in the
 * live object, so that somebody else's edit beside ours neither blocks nor corrupts the way back.
 */
export type Edit =
  | { readonly kind: 'image'; readonly container: string; readonly before: string; readonly after: string }
  /** `null` = the variable is absent. `after` is an inert setting (`OTEL_*`), never a flag that names a file. */
  | {
      readonly kind: 'env';
      readonly container: string;
      readonly name: string;
      readonly before: EnvVar | null;
      readonly after: EnvVar | null;
    };
