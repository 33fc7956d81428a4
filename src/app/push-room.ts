import { ChangeoverError } from '../core/error.ts';
import { repositoryName, type Repository } from '../core/image/reference.ts';

/** Whether a registry refused an upload since its disk, project or account is full; registries say so with 403, 413, 412, 500 or 507. */
export function isRegistryFull(error: unknown): boolean {
  return (
    error instanceof ChangeoverError && error.rule === undefined && /quota|HTTP 507|insufficient[ _]storage|no space left|storage limit/i.test(error.message)
  );
}

/** The refusal in its stead: it concerns this repository, and trying again would not help. */
export function registryFull(repository: Repository, cause: unknown): ChangeoverError {
  const said = cause instanceof Error ? cause.message : '';
  return new ChangeoverError('refused', `the registry has no room for the new image: ${said}`, {
    target: repositoryName(repository),
    hint: 'Make room or raise the quota (`changeover image prune` removes results that nothing needs), then run the same command again.',
    rule: 'registry-full',
    cause,
  });
}
