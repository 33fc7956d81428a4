import type { OptionSyntax } from './token.ts';

/** Where a JVM option string lives. */
export type Carrier =
  | 'JAVA_TOOL_OPTIONS'
  | 'JDK_JAVA_OPTIONS'
  | '_JAVA_OPTIONS'
  | 'CATALINA_OPTS'
  | 'JAVA_OPTS'
  | 'args'
  | 'script'
  /** Any other variable a start script hands to the JVM; its source has the name. */
  | 'env';

/** Who owns the text the carrier stands in. */
export type CarrierSource =
  | { readonly kind: 'pod-env'; readonly name: string; readonly index: number }
  | { readonly kind: 'pod-env-from'; readonly name: string; readonly from: string }
  | { readonly kind: 'image-env'; readonly name: string }
  | { readonly kind: 'pod-command' }
  | { readonly kind: 'pod-args' }
  | { readonly kind: 'image-entrypoint' }
  | { readonly kind: 'image-cmd' }
  | { readonly kind: 'image-file'; readonly path: string };

/** One JVM option as the JVM would see it. */
export interface JvmOption {
  readonly carrier: Carrier;
  readonly source: CarrierSource;
  /** The option after unquoting and `$(VAR)` expansion: `-javaagent:/a.jar=x`. */
  readonly text: string;
  /** Place of the token's raw bytes in the carrier's raw text (UTF-16 offsets), for carriers that are one string. */
  readonly start: number;
  readonly end: number;
  /** How the carrier's raw text is split and quoted. */
  readonly syntax: OptionSyntax;
  /** For `command`, `args`, ENTRYPOINT and CMD: the position in the list. */
  readonly element?: number;
  /** Names of `$(VAR)` in `text` whose values are not known here (field references, Secrets): they stay as written. */
  readonly unresolved?: readonly string[];
  /** `text` still holds a shell expansion whose value is not known here. */
  readonly expands?: true;
}
