import type { ObjectPatch } from '../../app/convert-manifests.ts';
import type { Json } from '../../core/json.ts';

/** The patches as the `patches:` of a kustomization.yaml; each names its object alone. */
export async function formatPatches(patches: readonly ObjectPatch[], formatYaml: (value: Json) => Promise<string>): Promise<string> {
  const head = '# By changeover convert --as-patch: for kustomization.yaml. Old values are tested first: make it anew when the base has changed.\n';
  const entries: Json[] = [];
  for (const patch of patches) entries.push({ target: targetOf(patch), patch: await formatYaml(patch.ops) });
  return head + (await formatYaml({ patches: entries }));
}

/** kustomize takes names here for regular expressions, anchored at both ends. */
function targetOf({ apiVersion, kind, name, namespace }: ObjectPatch): { readonly [name: string]: string } {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  const quoted = (text: string): string => text.replaceAll('.', String.raw`\.`);
  return { ...(group === '' ? {} : { group }), version, kind, name: quoted(name), ...(namespace === undefined ? {} : { namespace: quoted(namespace) }) };
}
