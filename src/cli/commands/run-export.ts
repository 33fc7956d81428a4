import { exportChanges } from '../../app/export-changes.ts';
import type { ExportedWorkload } from '../../core/export/export-workload.ts';
import type { ExportedFile } from '../../core/export/exported-file.ts';
import { helmFiles, isOfChart } from '../../core/export/helm-files.ts';
import { kustomizeFiles } from '../../core/export/kustomize-files.ts';
import { ChangeoverError } from '../../core/error.ts';
import type { ExitCode } from '../exit-code.ts';
import { namespacesOf, type Invocation } from '../invocation.ts';
import { formatExport } from '../render/export-view.ts';
import type { PlacedPolicy, Wiring } from '../wiring.ts';
import { withEngine } from '../with-engine.ts';
import { styleFor } from '../write-result.ts';

const FOLDER = 'changeover-export';

/** `changeover plan --export kustomize|helm-values`: files for the repositories that own the workloads, into the folder of `--out`. */
export async function runExport(invocation: Invocation, placed: PlacedPolicy): Promise<ExitCode> {
  const { wiring, options } = invocation;
  if (options.output !== 'table') throw new ChangeoverError('usage', `an export is files, not ${options.output}`, { hint: 'Leave -o out.' });
  const { policy } = placed;
  const chosen = { ...namespacesOf(options), ...(options.workload === undefined ? {} : { workload: options.workload }) };
  const { exported, left } = await withEngine(invocation, placed, ({ ports, progress, untilInterrupted }) => {
    const reading = { allow: options.allow ?? [], layerScan: options.layerScan !== false, onProgress: (text: string) => progress.say(text) };
    return untilInterrupted((signal) => exportChanges(ports, { policy, ...chosen, ...reading, signal }));
  });
  const { members, others } = options.export === 'helm-values' ? split(exported) : { members: exported, others: [] };
  const folder = options.out ?? FOLDER;
  const files = options.export === 'helm-values' ? helmFiles(members) : kustomizeFiles(members);
  for (const file of files) await wiring.writeTextFile(`${folder}/${file.path}`, await textOf(file, wiring), { folders: true, secret: file.secret });
  const lines = formatExport({ members, others, left, files, folder, policyFile: options.policy ?? '' }, styleFor(invocation, 'stdout'));
  wiring.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

function split(exported: readonly ExportedWorkload[]): { readonly members: readonly ExportedWorkload[]; readonly others: readonly ExportedWorkload[] } {
  return { members: exported.filter(isOfChart), others: exported.filter((each) => !isOfChart(each)) };
}

async function textOf(file: ExportedFile, wiring: Wiring): Promise<string> {
  const head = file.head.map((line) => `# ${line}\n`).join('');
  return head + ('text' in file ? file.text : await wiring.formatYaml(file.value));
}
