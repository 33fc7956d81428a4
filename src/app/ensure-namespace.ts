import { ChangeoverError } from '../core/error.ts';
import type { Cluster } from '../ports/cluster.ts';
import { refTo, resources } from './resources.ts';

/** Creates the namespace of run records where it is absent. Throws `denied` with the command that creates it. */
export async function ensureNamespace(cluster: Cluster, name: string, signal?: AbortSignal): Promise<void> {
  const absent = await cluster.get(refTo(resources.namespace, '', name), signal).then(
    (found) => found === undefined,
    () => false,
  );
  if (!absent) return;
  try {
    await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, signal ? { signal } : {});
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.code !== 'denied') throw error;
    const hint = `Create it once with: kubectl create namespace ${name}`;
    throw new ChangeoverError('denied', `the namespace ${name} for run records does not exist and may not be created`, {
      target: `Namespace/${name}`,
      hint,
      cause: error,
    });
  }
}
