import type { Finding } from '../core/finding.ts';
import { repositoryName } from '../core/image/reference.ts';
import type { SourceImage } from '../core/image/source-image.ts';
import type { Inspection } from '../core/plan/inspect-workload.ts';
import type { PlannedWorkload } from '../core/plan/plan-workload.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Registry } from '../ports/registry.ts';
import { findSignatures } from './find-signatures.ts';
import { pooled } from './pooled.ts';

interface Options {
  readonly policy: Policy;
  readonly signal?: AbortSignal;
}

/** Adds to every migration whose image is signed, or has an SBOM or attestations, that those do not speak for the new image. Each image is asked for once. */
export async function reportSigned(
  registry: Registry,
  planned: readonly PlannedWorkload[],
  { inspections, ...options }: Options & { readonly inspections: readonly Inspection[] },
): Promise<readonly PlannedWorkload[]> {
  const sources = new Map(inspections.map(({ workload, business }) => [workload.id, business?.image.kind === 'read' ? business.image.image : undefined]));
  const wanted = new Map<string, SourceImage>();
  for (const { item } of planned) {
    const source = item.action === 'migrate' ? sources.get(item.id) : undefined;
    if (source) wanted.set(nameOf(source), source);
  }
  const found = new Map(await pooled([...wanted], 4, async ([name, source]) => [name, await signedFinding(registry, source, options)] as const));
  return planned.map((each) => {
    const source = sources.get(each.item.id);
    const finding = each.item.action === 'migrate' && source ? found.get(nameOf(source)) : undefined;
    return finding ? { ...each, item: { ...each.item, findings: [...each.item.findings, finding] } } : each;
  });
}

async function signedFinding(registry: Registry, source: SourceImage, { policy, signal }: Options): Promise<Finding | undefined> {
  const seen = await findSignatures(registry, source, signal);
  const kinds = new Set<string>(seen.map((each) => each.kind));
  if (source.index?.parsed.manifests.some((child) => child.annotations['vnd.docker.reference.type'] === 'attestation-manifest')) kinds.add('attestation');
  if (kinds.size === 0) return undefined;
  const signs = policy.image.sign !== undefined;
  const severity = kinds.has('signature') && !signs ? 'warn' : 'info';
  return { id: 'source-signed', severity, params: { what: [...kinds].sort(), signs } };
}

function nameOf({ repository, digest }: SourceImage): string {
  return `${repositoryName(repository)}@${digest}`;
}
