import { spawn } from 'node:child_process';
import { ChangeoverError } from '../../core/error.ts';

export interface HelperOptions {
  readonly env: { readonly [name: string]: string | undefined };
  readonly signal: AbortSignal | undefined;
}

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT = 1024 * 1024;

/**
 * Asks `docker-credential-NAME get` for a server's credentials. Undefined when the helper says it has none; `denied` when it
 * is missing or fails. Protocol: docker-credential-helpers, `get` takes the server on stdin and prints `{Username, Secret}`.
 */
export async function runCredentialHelper(name: string, server: string, options: HelperOptions): Promise<{ username: string; secret: string } | undefined> {
  const program = `docker-credential-${name}`;
  const { exitCode, output } = await run(program, server, options);
  if (exitCode !== 0) {
    if (/credentials not found|no credentials|not found in native keychain/i.test(output)) return undefined;
    throw failed(program, server, output.trim().split('\n')[0] ?? `exit code ${exitCode}`);
  }
  try {
    const answer: unknown = JSON.parse(output);
    if (typeof answer === 'object' && answer !== null && 'Username' in answer && 'Secret' in answer) {
      return { username: String(answer.Username), secret: String(answer.Secret) };
    }
  } catch {
    // Reported below without the output, which may hold a secret.
  }
  throw failed(program, server, 'its answer is not {"Username": …, "Secret": …}');
}

function run(program: string, server: string, { env, signal }: HelperOptions): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { env, stdio: ['pipe', 'pipe', 'pipe'], timeout: TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) });
    let output = '';
    const collect = (part: Buffer): void => {
      if (output.length < MAX_OUTPUT) output += part.toString('utf8');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => {
      reject(signal?.aborted ? new ChangeoverError('aborted', 'stopped while asking a credential helper') : failed(program, server, error.message));
    });
    child.on('close', (exitCode) => resolve({ exitCode, output }));
    // A helper that exits without reading its input breaks the pipe: its exit code says more.
    child.stdin.on('error', () => undefined);
    child.stdin.end(server);
  });
}

function failed(program: string, server: string, why: string): ChangeoverError {
  return new ChangeoverError('denied', `the credential helper ${program} failed: ${why}`, {
    target: server,
    hint: 'Repair the helper, log in again, or set registries[HOST].auth to env:NAME in the policy.',
  });
}
