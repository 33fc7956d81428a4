import { ChangeoverError } from '../core/error.ts';
import type { ImageReport } from '../core/image-report/image-report.ts';
import { planRewrite, type RefusedRewrite } from '../core/image-report/plan-rewrite.ts';
import { formatReference, repositoryName, type ImageReference } from '../core/image/reference.ts';
import { agentRepository } from '../core/image/target-name.ts';
import type { PlannedChange } from '../core/plan/plan-change.ts';
import type { SourceImage } from '../core/image/source-image.ts';
import type { Policy } from '../core/policy/policy.ts';
import { readChangeContext } from './change-context.ts';
import { reportImage } from './inspect-image.ts';
import type { ReadPorts } from './ports.ts';
import { pushImage, tagTaken } from './push-image.ts';
import { signerOf } from './sign-image.ts';
import { namingImage, resolveImage } from './resolve-image.ts';

/** What rewriting one image needs: no cluster. */
export type ImagePorts = Omit<ReadPorts, 'cluster'>;

export interface RewriteOptions {
  readonly policy: Policy;
  /** Left out = named by the policy's `image.to`. */
  readonly to?: ImageReference & { readonly tag: string };
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

/** A rewrite that only has to be pushed, or has been; or why there is none. */
export type PreparedRewrite =
  | { readonly kind: 'ready'; readonly report: ImageReport; readonly source: SourceImage; readonly change: PlannedChange; readonly isThere: boolean }
  | RefusedRewrite;

/**
 * Reads an image, plans its rewriting and asks whether the result is there already and could be pushed. Writes nothing.
 * Errors: those of `resolveImage`; `refused` when the tag has other content; `denied` without the right to push.
 */
export async function prepareRewrite(ports: ImagePorts, reference: ImageReference, options: RewriteOptions): Promise<PreparedRewrite> {
  const { policy, signal, onProgress } = options;
  const reading = { policy, layerScan: true, ...(signal ? { signal } : {}) };
  onProgress?.(`Reading ${formatReference(reference)}`);
  const resolved = await resolveImage(ports, reference, reading);
  onProgress?.('Reading the new agent');
  const change = await readChangeContext(ports, policy);
  const today = new Date(ports.clock.now()).toISOString().slice(0, 10);
  const plan = planRewrite(resolved.source, {
    ...change,
    ...(options.to ? { to: options.to } : { named: resolved.reference }),
    allowance: { ids: [], rules: policy.allow, today },
  });
  if (plan.kind === 'refused') return plan;
  const to = plan.change.target.reference;
  onProgress?.(`Asking for ${formatReference(to)}`);
  const tagged = await ports.registry.manifest(to.repository, to.tag, signal);
  const isThere = tagged?.digest === plan.report.digest;
  if (tagged && !isThere) throw tagTaken(to, tagged.digest);
  if (!isThere) await provePushRight(ports, to, options);
  const report = { ...(await reportImage(ports, resolved, reading)), rewrite: { ...plan.report, status: isThere ? 'existed' : 'planned' } } as const;
  return { kind: 'ready', report, source: resolved.source, change: plan.change, isThere };
}

/** Pushes a prepared rewrite; returns its report. Errors: those of `pushImage`. */
export async function pushRewrite(
  ports: Pick<ImagePorts, 'registry' | 'runCommand'>,
  prepared: PreparedRewrite & { readonly kind: 'ready' },
  options: Pick<RewriteOptions, 'policy' | 'signal'>,
): Promise<ImageReport> {
  const { report, source, change } = prepared;
  if (!report.rewrite) throw new Error('a prepared rewrite without its report');
  const { target } = change;
  const agentHome = agentRepository(options.policy.image.agentRepository, target.reference.repository);
  const { policy, signal } = options;
  const status = await pushImage(ports.registry, source, target, {
    agentHome,
    homes: new Map(),
    ...signerOf(ports, policy, signal),
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    throw namingImage(error, formatReference(target.reference));
  });
  return { ...report, rewrite: { ...report.rewrite, status } };
}

async function provePushRight({ registry }: ImagePorts, to: ImageReference, { policy, signal }: RewriteOptions): Promise<void> {
  for (const repository of [to.repository, agentRepository(policy.image.agentRepository, to.repository)]) {
    if (await registry.canPush(repository, signal)) continue;
    const hint = `Log in (docker login ${repository.registry}), or set registries["${repository.registry}"].auth in the policy to an account with this right.`;
    throw new ChangeoverError('denied', `the registry does not let us push to ${repositoryName(repository)}`, { target: formatReference(to), hint });
  }
}
