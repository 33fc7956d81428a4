import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kubectl } from '../../lab/kubectl.ts';
import { labMode } from '../../lab/lab-mode.ts';
import { waitUntil } from '../../lab/wait-until.ts';
import { readManifests } from '../../src/adapters/yaml/edit-yaml.ts';
import { findObjects } from '../../src/core/convert/find-targets.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import type { MigrateItem, Plan } from '../../src/core/plan/plan.ts';
import { manifest, type Manifest } from '../convert/corpus.ts';
import type { Kind } from '../convert/services.ts';
import { json, run, workFolder, writePolicy } from './changeover.ts';

const served: readonly [Kind, ...Kind[]] = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod'];

describe.runIf(labMode() !== undefined)('converted manifests on a real API server', () => {
  it('are accepted by it, as the ones they were made of', async () => {
    const folder = corpusFolder(Array.from({ length: 60 }, (_, seed) => manifest(10_000 + seed, served)));

    const converted = await run(folder, ['convert', '-f', 'manifests', '-p', 'policy.yaml', '--no-registry']);
    const accepted = await dryRun(converted.stdout);

    const names = objectsIn(converted.stdout).map(nameOf);
    expect(converted.code, converted.stderr).toBe(0);
    expect(accepted.toSorted()).toEqual(names.toSorted());
    expect(names.length).toBeGreaterThan(60);
    expect(await dryRun(readAll(folder))).toHaveLength(names.length);
  });

  // kustomize reads YAML 1.1 alone: files that say they are 1.2 are not for it.
  it('are what kustomize makes of the old ones and the patches', async () => {
    const folder = corpusFolder(Array.from({ length: 24 }, (_, seed) => manifest(20_000 + seed, served)).filter(({ text }) => !text.startsWith('%YAML 1.2')));
    const converted = await run(folder, ['convert', '-f', 'manifests', '-p', 'policy.yaml', '--no-registry']);

    const patches = await run(folder, ['convert', '-f', 'manifests', '-p', 'policy.yaml', '--no-registry', '--as-patch']);
    const resources = manifestsIn(folder).map((each) => `- ${each.file}`);
    writeFileSync(join(folder, 'manifests', 'kustomization.yaml'), `resources:\n${resources.join('\n')}\n${patches.stdout}`);
    const built = await kubectl(['kustomize', join(folder, 'manifests')]);

    expect(patches.stdout).toContain('OTEL_SERVICE_NAME');
    expect(byName(objectsIn(built))).toEqual(byName(objectsIn(converted.stdout)));
  });
});

describe.runIf(labMode() === 'full')('manifests of what runs, with the real registry', () => {
  it('name the images that a plan names', async () => {
    const folder = workFolder();
    writePolicy(folder, { delivery: 'image' });
    const planned = await waitUntil(() => migrations(folder), { what: 'a fleet that can be planned', timeoutMs: 120_000, everyMs: 5_000 });
    writeFileSync(join(folder, 'shop.yaml'), await kubectl(['get', 'deployments', '-n', 'shop', '-o', 'yaml']));

    const converted = await run(folder, ['convert', '-f', 'shop.yaml', '-p', 'policy.yaml']);

    const named = new Set([...converted.stdout.matchAll(/^\s*(?:- )?image: (\S+)$/gm)].map((match) => match[1]));
    expect(converted.code, converted.stderr).toBe(0);
    expect(planned.map((item) => item.target.reference).filter((reference) => !named.has(reference))).toEqual([]);
  });
});

/** Undefined while the fleet is still coming up. */
async function migrations(folder: string): Promise<readonly MigrateItem[] | undefined> {
  const plan = json<Plan>(await run(folder, ['plan', '-p', 'policy.yaml', '-o', 'json']));
  const found = plan.items.filter((item): item is MigrateItem => item.action === 'migrate');
  return found.length > 0 ? found : undefined;
}

const corpora = new Map<string, readonly Manifest[]>();

function corpusFolder(manifests: readonly Manifest[]): string {
  const folder = workFolder();
  writePolicy(folder, { select: {} });
  mkdirSync(join(folder, 'manifests'));
  for (const { file, text } of manifests) writeFileSync(join(folder, 'manifests', file), text);
  corpora.set(folder, manifests);
  return folder;
}

function manifestsIn(folder: string): readonly Manifest[] {
  return corpora.get(folder) ?? [];
}

/** The originals as one List: whatever their styles, a server is asked once. */
function readAll(folder: string): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifestsIn(folder).flatMap(({ text }) => objectsIn(text)) });
}

/** What the server would accept, as `kind/name` of its own. */
async function dryRun(text: string): Promise<readonly string[]> {
  const output = await kubectl(['apply', '--dry-run=server', '-n', 'default', '-o', 'name', '-f', '-'], { input: text });
  return output.trim().split('\n');
}

function objectsIn(text: string): readonly KubeObject[] {
  return [...readManifests(text, 'manifests')].flatMap((document) => findObjects(document.value)).map((object) => object.value as KubeObject);
}

function nameOf({ kind, apiVersion, metadata }: KubeObject): string {
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [];
  return `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${metadata.name}`;
}

function byName(objects: readonly KubeObject[]): { readonly [name: string]: KubeObject } {
  return Object.fromEntries(objects.map((object) => [nameOf(object), object]));
}
