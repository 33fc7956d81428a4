import type { ExportedWorkload, NotExported } from '../../core/export/export-workload.ts';
import type { ExportedFile } from '../../core/export/exported-file.ts';
import { quote } from '../../core/shell-quote.ts';
import { count } from './messages/say.ts';
import { skipText } from './messages/skip-text.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';

export interface ExportSummary {
  readonly members: readonly ExportedWorkload[];
  /** Not of a chart, and so not for values. */
  readonly others: readonly ExportedWorkload[];
  readonly left: readonly NotExported[];
  readonly files: readonly ExportedFile[];
  readonly folder: string;
  readonly policyFile: string;
}

/** What was written, what was not and why, and which images somebody has to push before the files are merged. */
export function formatExport(summary: ExportSummary, { paint }: { readonly paint: Paint }): readonly string[] {
  const { members, others, left, files, folder } = summary;
  return [
    paint('strong', `${count(members.length, 'workload')} in ${count(files.length, 'file')} below ${printable(folder)}; nothing was changed`),
    ...files.map((file) => `  ${printable(file.path)}`),
    ...imageLines(summary, paint),
    ...(others.length + left.length > 0 ? [paint('strong', 'Not exported')] : []),
    ...others.map(({ id }) => `  ${printable(id)}: no release of Helm renders it (--export kustomize)`),
    ...left.map(({ id, skip }) => `  ${printable(id)}: ${skipText(skip)}`),
  ];
}

function imageLines({ members, policyFile }: ExportSummary, paint: Paint): readonly string[] {
  const by = (who: ExportedWorkload['image']['by']): readonly ExportedWorkload[] => members.filter(({ image }) => image.by === who);
  const unique = (lines: readonly string[]): readonly string[] => [...new Set(lines)];
  const [pushed, ready, alone] = [by('apply'), by('image-rewrite'), by('run-alone')];
  const modes = [...new Set(ready.map(({ image }) => image.mode))];
  return [
    ...(pushed.length === 0
      ? []
      : [`${paint('strong', 'Images')} of ${count(pushed.length, 'workload')} are pushed by \`changeover apply\`: merge their files when it is done`]),
    ...modes.flatMap((mode) => [
      `${paint('strong', 'Push these before the files are merged')}, with \`delivery: ${mode}\` in the policy:`,
      ...unique(
        ready
          .filter(({ image }) => image.mode === mode)
          .map(({ image }) => `  changeover image rewrite ${quote(printable(image.source))} --to ${quote(printable(image.tagged))} -p ${quote(policyFile)}`),
      ),
    ]),
    ...(alone.length === 0
      ? []
      : [
          `${paint('caution', 'These images depend on the workload')} and are not made by \`image rewrite\`: let the owner pause (suspend, self-heal off) and \`apply\` it`,
        ]),
    ...unique(alone.map(({ id, reference }) => `  ${printable(id)}: ${printable(reference)}`)),
  ];
}
