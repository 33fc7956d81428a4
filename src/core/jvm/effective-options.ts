import type { Finding } from '../finding.ts';

/** Where a JVM option string lives. */
export type Carrier =
  | 'JAVA_TOOL_OPTIONS'
  | 'JDK_JAVA_OPTIONS'
  | '_JAVA_OPTIONS'
  | 'CATALINA_OPTS'
  | 'JAVA_OPTS'
  | 'args'
  | 'script';

/** Who owns the text the carrier stands in. */
export type CarrierSource =
  | { readonly kind: 'pod-env'; readonly name: string; readonly index: number }
  | { readonly kind: 'pod-env-from'; readonly name: string; readonly from: string }
  | { readonly kind: 'image-env'; readonly name: string }
  | { readonly kind: 'pod-command' }
  | { readonly kind: 'pod-args' }
  | { readonly kind: 'image-entrypoint' }
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
}

/** All JVM options of one container in the order the JVM sees them, or why they cannot be known. */
export interface EffectiveOptions {
  readonly options: readonly JvmOption[];
  /** A JVM is what this container starts, as far as image and pod tell. */
  readonly jvm: 'yes' | 'no' | 'unknown';
  /** What could not be read (Secret references, unresolved variables, malformed quoting). */
  readonly findings: readonly Finding[];
}
