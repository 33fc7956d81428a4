import type { ExportedWorkload } from './export-workload.ts';
import { folderOf, patchName, patchTarget, type ExportedFile } from './exported-file.ts';

/**
 * A kustomize component per owner, with one JSON patch (RFC 6902) per workload: an overlay names it under `components`. A patch whose
 * old values are no longer there fails the build. Source: kustomize, "components". Pure.
 */
export function kustomizeFiles(workloads: readonly ExportedWorkload[]): readonly ExportedFile[] {
  return [...Map.groupBy(workloads, folderOf)].flatMap(([folder, members]) => [
    componentFile(folder, members),
    ...members.map((each) => patchFile(folder, each)),
  ]);
}

/** The patch of one workload as a file of its own. */
export function patchFile(folder: string, { id, object, ops, secret }: ExportedWorkload): ExportedFile {
  return { path: `${folder}/${patchName(object)}`, head: [id], secret, value: ops };
}

/** Patches by their files, as kustomizations and components list them. */
export function patchEntries(members: readonly ExportedWorkload[]): { readonly path: string; readonly target: ReturnType<typeof patchTarget> }[] {
  return members.map(({ object }) => ({ path: patchName(object), target: patchTarget(object) }));
}

function componentFile(folder: string, members: readonly ExportedWorkload[]): ExportedFile {
  const head = [
    'By changeover plan --export kustomize. Copy this folder beside the overlay and name it under its components:',
    `components: [./${folder.split('/').at(-1) ?? ''}]`,
    'A name that the overlay changes later matches nothing: look for the new images in what kustomize build prints.',
  ];
  const value = { apiVersion: 'kustomize.config.k8s.io/v1alpha1', kind: 'Component', patches: patchEntries(members) };
  return { path: `${folder}/kustomization.yaml`, head, secret: false, value };
}
