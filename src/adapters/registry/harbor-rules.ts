import { z } from 'zod';
import type { Repository } from '../../core/image/reference.ts';
import type { RegistryAbilities } from '../../ports/registry.ts';
import type { RegistryClient } from './registry-client.ts';

/** What Harbor tells about the project of a repository. */
export type HarborRules = Pick<RegistryAbilities, 'product' | 'immutableTags' | 'retention' | 'quota'>;

const systemInfo = z.object({ auth_mode: z.string(), harbor_version: z.string().optional() });
const project = z.object({ project_id: z.number(), metadata: z.object({ retention_id: z.coerce.string().nullish() }).nullish() });
const rules = z.array(z.object({ disabled: z.boolean().default(false) }));
const retention = z.object({ rules });
const quotas = z.array(z.object({ hard: z.object({ storage: z.number() }), used: z.object({ storage: z.number() }) }));

/**
 * Reads the rules over a repository's project from Harbor's API; undefined when the registry is no Harbor. What our account may not see stays
 * unknown. Nothing is sent but GET requests, and credentials only after the server has shown that it is Harbor. Source: Harbor's API 2.0.
 */
export async function readHarborRules(client: RegistryClient, repository: Repository, signal: AbortSignal | undefined): Promise<HarborRules | undefined> {
  const info = systemInfo.safeParse(await client.ask(repository, '/api/v2.0/systeminfo', { anonymous: true, signal })).data;
  if (!info) return undefined;
  const ask = (path: string): Promise<unknown> => client.ask(repository, `/api/v2.0/${path}`, { anonymous: false, signal });
  const name = encodeURIComponent(repository.path.slice(0, repository.path.indexOf('/')));
  const found = project.safeParse(await ask(`projects/${name}`)).data;
  const immutable = rules.safeParse(await ask(`projects/${name}/immutabletagrules`)).data;
  const [quota] = (found && quotas.safeParse(await ask(`quotas?reference=project&reference_id=${found.project_id}`)).data) ?? [];
  return {
    product: `Harbor ${info.harbor_version ?? ''}`.trim(),
    immutableTags: immutable === undefined ? 'unknown' : anyEnabled(immutable),
    retention: found === undefined ? 'unknown' : await askRetention(ask, found.metadata?.retention_id ?? undefined),
    // Harbor says -1 where there is no limit.
    quota: quota && quota.hard.storage >= 0 ? { used: quota.used.storage, limit: quota.hard.storage } : undefined,
  };
}

async function askRetention(ask: (path: string) => Promise<unknown>, id: string | undefined): Promise<HarborRules['retention']> {
  if (id === undefined) return 'no';
  const policy = retention.safeParse(await ask(`retentions/${encodeURIComponent(id)}`)).data;
  return policy === undefined ? 'unknown' : anyEnabled(policy.rules);
}

function anyEnabled(list: z.infer<typeof rules>): 'yes' | 'no' {
  return list.some((rule) => !rule.disabled) ? 'yes' : 'no';
}
