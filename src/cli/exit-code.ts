import { assertNever, ChangeoverError, type ErrorCode } from '../core/error.ts';

/** What each exit code means is in the product's contract: 4 comes from results alone, never from an error. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 130;

/** Exit code of a thrown value. Anything that is not a `ChangeoverError` is our bug: 1. */
export function exitCodeOfError(error: unknown): ExitCode {
  return error instanceof ChangeoverError ? exitCodeOfCode(error.code) : 1;
}

function exitCodeOfCode(code: ErrorCode): ExitCode {
  switch (code) {
    case 'usage':
    case 'invalid-file':
    case 'not-found':
    case 'too-large':
    case 'unsupported':
      return 2;
    case 'refused':
    case 'locked':
    case 'conflict':
    case 'precondition':
    case 'gone':
      return 3;
    case 'plan-mismatch':
      return 5;
    case 'denied':
    case 'unreachable':
    case 'timeout':
    case 'rate-limited':
      return 6;
    case 'aborted':
      return 130;
    default:
      return assertNever(code);
  }
}
