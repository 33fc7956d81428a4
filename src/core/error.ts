/**
 * The closed list of reasons we throw for. What each one means to the caller:
 * - `usage`, `invalid-file`: the user can fix the command or the file (exit code 2)
 * - `not-found`, `conflict`, `precondition`, `gone`: the thing on the other side is not as expected
 * - `denied`, `unreachable`, `timeout`, `rate-limited`: no access to a cluster or registry (exit code 6)
 * - `refused`: our own rules forbid it; `locked`: another instance works on it (exit code 3)
 * - `plan-mismatch`: the plan does not fit this cluster or policy (exit code 5)
 * - `too-large`: a bounded body or file was larger than its bound
 * - `unsupported`: a form of input that is known and not handled
 * - `aborted`: the caller's signal fired
 */
export type ErrorCode =
  | 'usage'
  | 'invalid-file'
  | 'not-found'
  | 'conflict'
  | 'precondition'
  | 'gone'
  | 'denied'
  | 'unreachable'
  | 'timeout'
  | 'rate-limited'
  | 'refused'
  | 'locked'
  | 'plan-mismatch'
  | 'too-large'
  | 'unsupported'
  | 'aborted';

export interface ErrorDetails {
  /** The exact object: `namespace/kind/name[container]`, an image reference, a file with its line. */
  readonly target?: string;
  /** What the user can do about it, as one imperative sentence. */
  readonly hint?: string;
  /** Whether the same call may succeed later without any change. */
  readonly retryable?: boolean;
  /** For `rate-limited` and `unreachable`: milliseconds the server asked us to wait. */
  readonly retryAfterMs?: number;
  /** The rule of ours behind a refusal: a stable id for programs. */
  readonly rule?: string;
  readonly cause?: unknown;
}

/** The one error class we throw on purpose. Anything else that is thrown is a bug of ours. */
export class ChangeoverError extends Error {
  readonly code: ErrorCode;
  readonly target: string | undefined;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly rule: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ChangeoverError';
    this.code = code;
    this.target = details.target;
    this.hint = details.hint;
    this.retryable = details.retryable ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.rule = details.rule;
  }
}

/** Closes an exhaustive `switch`: a new union member that is not handled fails to compile. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
