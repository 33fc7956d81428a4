import { join } from 'node:path';
import { paths } from './paths.ts';
import { runCommand } from './run-command.ts';

/** Runs kubectl as the cluster's admin (or with another kubeconfig) and returns its output. */
export async function kubectl(args: readonly string[], options: { readonly input?: string; readonly kubeconfig?: string } = {}): Promise<string> {
  const input = options.input === undefined ? {} : { input: options.input };
  return await runCommand(join(paths.bin, 'kubectl'), ['--kubeconfig', options.kubeconfig ?? paths.adminKubeconfig, ...args], input);
}

/** Creates or updates objects, as a team's `kubectl apply` does. */
export async function applyObjects(objects: readonly object[]): Promise<void> {
  if (objects.length === 0) return;
  await kubectl(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }) });
}

/** Reads objects as JSON: `getJson('pods', '-n', 'shop')`. */
export async function getJson<T>(...args: readonly string[]): Promise<T> {
  return JSON.parse(await kubectl(['get', ...args, '-o', 'json'])) as T;
}
