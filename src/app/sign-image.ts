import { ChangeoverError } from '../core/error.ts';
import { formatReference, type ImageReference } from '../core/image/reference.ts';
import { redact } from '../core/redact.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Registry } from '../ports/registry.ts';
import type { RunCommand } from '../ports/run-command.ts';
import type { ReadPorts } from './ports.ts';

/** Longest a signer may take. Milliseconds. */
const LIMIT_MS = 120_000;
const MAX_SAID = 300;

type Signed = ImageReference & { readonly digest: string };

export interface SignPorts {
  readonly registry: Registry;
  readonly runCommand: RunCommand;
}

/** Signs images by the policy's `image.sign`, each digest of a repository once per run. */
export type SignImage = (image: Signed) => Promise<void>;

/**
 * The signer of a run. What has a signature is not signed again. The command is run as it stands, `{ref}` being `registry/repository@digest`.
 * Errors: `refused` (rule `sign-failed`) when it fails, takes longer than two minutes or cannot be started.
 */
export function openSigner({ registry, runCommand }: SignPorts, command: readonly string[], signal?: AbortSignal): SignImage {
  const done = new Map<string, Promise<void>>();
  const abort = signal ? { signal } : {};

  async function sign(image: Signed, name: string): Promise<void> {
    if (await isSigned(registry, image, signal)) return;
    const argv = command.map((word) => word.replaceAll('{ref}', name));
    const ended = await runCommand(argv, { timeoutMs: LIMIT_MS, ...abort }).catch((error: unknown) => {
      throw error instanceof ChangeoverError && error.code === 'usage' ? failed(name, error.message, error) : error;
    });
    if (ended.timedOut) throw failed(name, `${argv[0]} took longer than ${LIMIT_MS / 60_000} minutes`);
    if (ended.exitCode !== 0) throw failed(name, `${argv[0]} ended with ${ended.exitCode ?? 'a signal'}${lastWords(ended.output)}`);
  }

  return (image) => {
    const name = formatReference({ repository: image.repository, digest: image.digest });
    const known = done.get(name) ?? sign(image, name);
    done.set(name, known);
    known.catch(() => done.delete(name));
    return known;
  };
}

/** The signer of a policy, where it has one. Throws `unsupported` where programs cannot be run. */
export function signerOf(ports: Pick<ReadPorts, 'registry' | 'runCommand'>, policy: Policy, signal?: AbortSignal): { readonly sign?: SignImage } {
  const { registry, runCommand } = ports;
  if (policy.image.sign === undefined) return {};
  if (!runCommand) throw new ChangeoverError('unsupported', 'spec.image.sign: no program can be run from here', { target: 'spec.image.sign' });
  return { sign: openSigner({ registry, runCommand }, policy.image.sign, signal) };
}

/** Whether something that looks like a signature refers to the image: cosign's tag, or a referrer of a signature's type. */
async function isSigned(registry: Registry, { repository, digest }: Signed, signal: AbortSignal | undefined): Promise<boolean> {
  if (await registry.manifest(repository, `${digest.replace(':', '-')}.sig`, signal)) return true;
  const referrers = await registry.referrers(repository, digest, signal);
  return referrers.some((each) => isSignatureType(each.artifactType));
}

/** cosign's and notation's types, and sigstore bundles. */
export function isSignatureType(artifactType: string): boolean {
  return /cosign.*\.sig\b|notary\.signature|sigstore\.bundle/.test(artifactType);
}

function lastWords(output: string): string {
  const line =
    redact(output)
      .trim()
      .split('\n')
      .at(-1)
      ?.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
      .trim() ?? '';
  return line === '' ? '' : `: ${line.slice(0, MAX_SAID)}`;
}

function failed(target: string, why: string, cause?: unknown): ChangeoverError {
  return new ChangeoverError('refused', `the new image could not be signed: ${why}`, {
    target,
    hint: 'Run the command of spec.image.sign by hand with this reference. The tag is written once it is signed.',
    rule: 'sign-failed',
    cause,
  });
}
