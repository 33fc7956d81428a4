import type { JsonObject } from '../json.ts';
import type { ExportedWorkload } from './export-workload.ts';
import { folderOf, patchTarget, type ExportedFile } from './exported-file.ts';
import { patchEntries, patchFile } from './kustomize-files.ts';

/** Whether Helm renders the workload, whoever runs it. */
export function isOfChart({ owner, object }: ExportedWorkload): boolean {
  const { labels = {} } = object.metadata;
  return owner.kind === 'helm' || owner.by === 'HelmRelease' || labels['app.kubernetes.io/managed-by'] === 'Helm' || labels['helm.sh/chart'] !== undefined;
}

/**
 * What a Helm release needs: values, where the only change is the image and the object looks like the work of a chart made by
 * `helm create`; else the patches behind the chart, as Flux's postRenderers or as a kustomization for `--post-renderer`. Pure.
 */
export function helmFiles(workloads: readonly ExportedWorkload[]): readonly ExportedFile[] {
  return [...Map.groupBy(workloads, folderOf)].flatMap(([folder, members]) => {
    const [only] = members;
    const values = members.length === 1 && only ? valuesOf(only) : undefined;
    if (values) return [valuesFile(folder, values)];
    return members.every((each) => each.owner.by === 'HelmRelease') ? [fluxFile(folder, members)] : postRendererFiles(folder, members);
  });
}

/** `image.repository` and `image.tag`, in that chart joined by a colon; its one container has the chart's name. */
function valuesOf({ object, container, reference, imageAlone }: ExportedWorkload): JsonObject | undefined {
  const chart = object.metadata.labels?.['helm.sh/chart']?.replace(/-v?\d+\..*$/, '');
  const [, repository, tag] = /^(.*?[^/]):([\w][\w.-]*(?:@sha256:[0-9a-f]{64})?)$/.exec(reference) ?? [];
  if (!imageAlone || chart !== container || repository === undefined || tag === undefined || /:\d+$/.test(repository)) return undefined;
  return { image: { repository, tag } };
}

function valuesFile(folder: string, value: JsonObject): ExportedFile {
  const head = [
    'By changeover plan --export helm-values, for charts with the image values of `helm create`. Check it: helm template … -f this file shows the new image.',
    'Below the name of the chart where it is a dependency of another.',
  ];
  return { path: `${folder}/values.yaml`, head, secret: false, value };
}

function fluxFile(folder: string, members: readonly ExportedWorkload[]): ExportedFile {
  const patches = members.map(({ object, ops }) => ({ target: patchTarget(object), patch: JSON.stringify(ops, undefined, 2) }));
  const head = [`By changeover plan --export helm-values: for the HelmRelease ${folder}. The chart's own values for it are not known.`];
  return {
    path: `${folder}/helm-release.yaml`,
    head,
    secret: members.some((each) => each.secret),
    value: { spec: { postRenderers: [{ kustomize: { patches } }] } },
  };
}

function postRendererFiles(folder: string, members: readonly ExportedWorkload[]): readonly ExportedFile[] {
  const place = `${folder}/post-renderer`;
  const head = [
    `By changeover plan --export helm-values: for the release ${folder}. The chart's own values for it are not known.`,
    'helm upgrade … --post-renderer ./post-renderer/run.sh (after chmod +x)',
  ];
  const value = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: ['rendered.yaml'], patches: patchEntries(members) };
  const text = '#!/bin/sh\nset -e\ncd "$(dirname "$0")"\ncat > rendered.yaml\nexec kubectl kustomize .\n';
  return [
    { path: `${place}/kustomization.yaml`, head, secret: false, value },
    { path: `${place}/run.sh`, head: [], secret: false, text },
    ...members.map((each) => patchFile(place, each)),
  ];
}
