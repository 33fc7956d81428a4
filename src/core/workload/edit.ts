import type { EnvVar } from './workload.ts';

/**
 * sha256 of the exact values (`hashJson`). Set where `before` and `after` are masked, as in plans and records of values
 * that hold a credential: the exact ones are then only on the object itself (see `sealEdits`).
 */
export type Seal = { readonly before: string; readonly after: string };

/**
 * One field we change in a pod template. Named by container and variable, never by index: positions are looked up in the
 * live object, so that somebody else's edit beside ours neither blocks nor corrupts the way back.
 */
export type Edit =
  | { readonly kind: 'image'; readonly container: string; readonly before: string; readonly after: string }
  /** `null` = the variable is absent. `after` is an inert setting (`OTEL_*`) or options without the old agent's, never a flag that names a file of ours. */
  | {
      readonly kind: 'env';
      readonly container: string;
      readonly name: string;
      readonly before: EnvVar | null;
      readonly after: EnvVar | null;
      readonly sealed?: Seal;
    }
  /**
   * One element of `command` or `args`, by its position before us; `after: null` takes it out. An order is only restored in
   * a list that nobody else has touched, so `list` names the whole of it before and after all our edits (`hashJson`).
   */
  | {
      readonly kind: 'args';
      readonly container: string;
      readonly field: 'command' | 'args';
      readonly index: number;
      readonly before: string;
      readonly after: string | null;
      readonly list: Seal;
      readonly sealed?: Seal;
    };

/** An edit of an element of a command line. */
export type ArgsEdit = Edit & { readonly kind: 'args' };
