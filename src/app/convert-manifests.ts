import { convertTarget, type NewImage } from '../core/convert/convert-target.ts';
import { documentEdits } from '../core/convert/object-edits.ts';
import { patchOps } from '../core/convert/patch-ops.ts';
import { spliceText } from '../core/convert/splice-text.ts';
import type { Finding } from '../core/finding.ts';
import type { Splice } from '../core/image/raw-json.ts';
import type { JsonPatchOp } from '../core/workload/json-patch.ts';
import type { ManifestDocument } from '../ports/manifest-text.ts';
import { readChangeContext } from './change-context.ts';
import { inspectTargets, noteOf, type ConvertNote, type ConvertOptions, type InspectedTarget } from './convert-inspect.ts';
import { openSources, type ManifestSource, type SkippedSource } from './convert-sources.ts';

/** The changes of one object as a patch. */
export interface ObjectPatch {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly ops: readonly JsonPatchOp[];
}

export interface Conversion {
  /** Every file that is not skipped, in order, with its text after the changes. */
  readonly files: readonly { readonly file: string; readonly text: string }[];
  readonly skipped: readonly SkippedSource[];
  readonly patches: readonly ObjectPatch[];
  readonly notes: readonly ConvertNote[];
  /** Images the manifests name now, each once. */
  readonly images: readonly NewImage[];
  readonly counts: { readonly templates: number; readonly changed: number; readonly selected: number };
}

/**
 * Converts manifests: finds the business container of every pod template, plans its change as for a workload of a cluster,
 * and makes it in the text. What cannot be changed safely stays as it is, with a note. Writes nothing anywhere.
 * Errors: `invalid-file` with file and line; `usage`; those of the registry, where it is asked.
 */
export async function convertManifests(sources: readonly ManifestSource[], options: ConvertOptions): Promise<Conversion> {
  const { policy, images } = options;
  const opened = openSources(sources, options.readManifests);
  const inspected = await inspectTargets(opened, options);
  const carrying = inspected.filter((each) => each.carries);
  if (carrying.length > 0 && images.kind === 'registry') options.onProgress?.('Reading the new agent');
  const change = carrying.length > 0 && images.kind === 'registry' ? await readChangeContext(images.ports, policy) : undefined;
  const context = { policy, ...(change ? { change } : {}), allowance: { ids: [], rules: policy.allow, today: options.today } };
  const made = carrying.flatMap((each): readonly MadeChange[] => {
    const converted = convertTarget(each.inspection, context);
    if (!converted) return [];
    const path = containerPath(each, converted.container.name);
    return [{ ...each, ...converted, path, documentEdits: documentEdits(converted.container, converted.edits, path) }];
  });
  const { splices, refused } = editDocuments(made.filter((each) => each.documentEdits.length > 0));
  const changed = made.filter((each) => each.documentEdits.length > 0 && !refused.has(each));
  return {
    files: opened.sources.map(({ file, text, targets }) => ({
      file,
      text: spliceText(
        text,
        targets.length === 0
          ? []
          : splicesOf(
              splices,
              targets.map((each) => each.document),
            ),
      ),
    })),
    skipped: opened.skipped,
    patches: patchesOf(changed),
    notes: [...inspected.flatMap((each) => each.notes), ...made.flatMap((each) => notesOf(each, refused.get(each)))],
    images: [...new Map(changed.flatMap(({ image }) => (image ? [[image.reference, image] as const] : []))).values()],
    counts: {
      templates: opened.sources.reduce((sum, each) => sum + each.targets.length, 0),
      selected: inspected.filter((each) => each.selected).length,
      changed: changed.length,
    },
  };
}

interface MadeChange extends InspectedTarget, NonNullable<ReturnType<typeof convertTarget>> {
  /** Of the container in its document. */
  readonly path: readonly (string | number)[];
  readonly documentEdits: ReturnType<typeof documentEdits>;
}

type Refusals = ReadonlyMap<MadeChange, Finding>;

function containerPath({ opened }: InspectedTarget, name: string): MadeChange['path'] {
  const { target } = opened;
  const list = target.spec['containers'] as readonly { readonly name?: unknown }[];
  return [...target.specPath, 'containers', list.findIndex((each) => each?.name === name)];
}

function editDocuments(changes: readonly MadeChange[]): { readonly splices: ReadonlyMap<ManifestDocument, readonly Splice[]>; readonly refused: Refusals } {
  const splices = new Map<ManifestDocument, readonly Splice[]>();
  const refused = new Map<MadeChange, Finding>();
  for (const document of new Set(changes.map((each) => each.opened.document))) {
    const here = changes.filter((each) => each.opened.document === document);
    const edited = document.edit(here.map((each) => each.documentEdits));
    splices.set(document, edited.splices);
    for (const [index, each] of here.entries()) {
      const why = edited.refused[index];
      if (why === 'shared') refused.set(each, { id: 'anchors-shared', severity: 'block', params: {} });
      else if (why === 'form') refused.set(each, { id: 'form-not-edited', severity: 'block', params: {} });
    }
  }
  return { splices, refused };
}

function splicesOf(splices: ReadonlyMap<ManifestDocument, readonly Splice[]>, documents: readonly ManifestDocument[]): readonly Splice[] {
  return [...new Set(documents)].flatMap((document) => splices.get(document) ?? []);
}

/** Of what stays as it is, only the reasons count. */
function notesOf(change: MadeChange, refusal: Finding | undefined): readonly ConvertNote[] {
  const blocking = refusal ? [refusal] : change.edits.length === 0 ? change.findings.filter((finding) => finding.severity === 'block') : [];
  return (blocking.length > 0 ? blocking : change.findings).map((finding) => noteOf(change, finding, change.path));
}

function patchesOf(changed: readonly MadeChange[]): readonly ObjectPatch[] {
  const byObject = Map.groupBy(changed, (each) => each.opened.object);
  return [...byObject].map(([object, changes]) => {
    const { apiVersion, kind, name, namespace } = changes[0]?.opened.target ?? { apiVersion: '', kind: '', name: '' };
    const edits = changes.flatMap((each) => each.documentEdits);
    return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }), ops: patchOps(object.value, object.path, edits) };
  });
}
