import type { MigrateItem, Plan } from '../../core/plan/plan.ts';
import { redact } from '../../core/redact.ts';
import type { Edit } from '../../core/workload/edit.ts';
import { groupBy } from './group-by.ts';
import { findingText } from './messages/finding-text.ts';
import { ownerStanding } from './messages/owner-text.ts';
import { around, count } from './messages/say.ts';
import { nameLines } from './names.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { formatTable, type Cell } from './table.ts';
import { diffTokens } from './token-diff.ts';
import { shortName } from './workload-name.ts';

export interface ClassOptions {
  readonly paint: Paint;
  readonly width: number;
  readonly title: string;
  readonly plan: Plan;
}

/** Workloads that are changed in the same way, the largest class first. What differs is only what is each workload's own. */
export function changeClasses(items: readonly MigrateItem[]): readonly (readonly MigrateItem[])[] {
  const shape = (edit: Edit): readonly unknown[] => [
    edit.kind,
    edit.kind === 'env' ? edit.name : edit.kind === 'args' ? `${edit.field} ${edit.index}` : '',
    edit.before === null,
    edit.after === null,
  ];
  const keyOf = (item: MigrateItem): string => {
    const { agent, delivery, target, edits, refused } = item;
    const env = Object.entries(target.env).sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify([
      delivery,
      agent.id,
      agent.jarPath,
      agent.source,
      env,
      target.removes,
      target.stays,
      edits.map(shape),
      refused.map((each) => each.finding.id),
    ]);
  };
  return [...groupBy(items, keyOf).values()].sort((a, b) => b.length - a.length);
}

/** One class: how it is delivered, what happens to the agent, the difference on its first member, and all members. */
export function formatClass(members: readonly MigrateItem[], options: ClassOptions): readonly string[] {
  const [example] = members;
  if (!example) return [];
  const { paint, width } = options;
  const pods = members.reduce((sum, item) => sum + item.replicas, 0);
  const head = `${paint('strong', `${options.title}: ${example.delivery}`)}, ${count(members.length, 'workload')}, ${count(pods, 'pod')}`;
  const rows = [
    ...agentRows(members, example),
    ...ownerRows(members),
    ...refusedRows(example),
    ...editRows(members, example),
    ...imageRows(example, options.plan),
  ];
  const names = nameLines(
    members.map((item) => item.id),
    { width, indent: 4 },
  );
  const table = formatTable([{}, {}], rows, { paint, width: Infinity, indent: 2 });
  return [head, ...table, `  ${paint('quiet', 'members')}`, ...names];
}

function agentRows(members: readonly MigrateItem[], example: MigrateItem): readonly (readonly Cell[])[] {
  const versions = [...new Set(members.map((item) => item.agent.version ?? 'of unknown version'))].sort();
  const { agent } = example;
  return [
    [label('old agent'), `${agent.id} ${versions.map(printable).join(', ')} at ${printable(agent.jarPath)}, named in ${printable(agent.source)}`],
    [label('example'), `${shortName(example.id)} [${printable(example.container)}]`],
  ];
}

/** Who deploys them, and so until when a direct change stands. */
function ownerRows(members: readonly MigrateItem[]): readonly (readonly Cell[])[] {
  const groups = groupBy(members, ({ owner }) => `${owner.kind}${around(': ', ownerStanding(owner))}`);
  return [...groups].filter(([text]) => text !== 'none').map(([text, group]) => [label('deployed by'), `${text} (${group.length})`]);
}

function refusedRows(example: MigrateItem): readonly (readonly Cell[])[] {
  return example.refused.map(({ mode, finding }) => [label(`not ${mode}`), findingText(finding)]);
}

function editRows(members: readonly MigrateItem[], example: MigrateItem): readonly (readonly Cell[])[] {
  return example.edits.flatMap((edit): readonly (readonly Cell[])[] => {
    if (edit.kind === 'image')
      return [
        [minus('- image'), printable(edit.before)],
        [plus('+ image'), printable(edit.after)],
      ];
    if (edit.kind === 'args') return argsRows(edit);
    const own = new Set(members.map((item) => valueOf(item, edit.name))).size > 1 ? '   (each its own)' : '';
    return envRows(edit).map(([mark, text]): readonly Cell[] => [mark, `${text}${own}`]);
  });
}

/** An element that goes is one line; one that holds several options shows the tokens that change. */
function argsRows(edit: Edit & { readonly kind: 'args' }): readonly (readonly Cell[])[] {
  const place = `pod ${edit.field}[${edit.index}]`;
  const changed = diffTokens(printable(redact(edit.before)), printable(redact(edit.after ?? ''))).filter((token) => token.kind !== 'kept');
  return changed.map((token) => [token.kind === 'added' ? plus(`+ ${place}`) : minus(`- ${place}`), token.text]);
}

/** Variables that are new or gone are one line; a changed one shows the tokens that change. */
function envRows(edit: Edit & { readonly kind: 'env' }): readonly (readonly [Cell, string])[] {
  const name = printable(edit.name);
  const [before, after] = [shownValue(edit.before), shownValue(edit.after)];
  if (edit.before === null) return [[plus('+ pod env'), `${name}=${after}`]];
  if (edit.after === null) return [[minus('- pod env'), `${name}=${before}`]];
  const changed = diffTokens(before, after).filter((token) => token.kind !== 'kept');
  return changed.map((token) => [token.kind === 'added' ? plus('+ pod env') : minus('- pod env'), `${name}: ${token.text}`]);
}

function imageRows(example: MigrateItem, plan: Plan): readonly (readonly Cell[])[] {
  const { env, removes, stays, entrypoint, cmd, edited = [] } = example.target;
  const added = Object.entries(env).map(([name, value]): readonly Cell[] => [plus('+ image env'), `${printable(name)}=${redacted(name, value)}`]);
  const linked = !example.findings.some((finding) => finding.id === 'old-agent-stays');
  return [
    [plus('+ in image'), `the new agent ${printable(plan.agentLayer.version)}`],
    ...(plan.agentLayer.bridge === undefined ? [] : [[plus('+ in image'), bridgeText(example)]]),
    ...(linked ? [[plus('+ in image'), `a link at ${printable(example.agent.jarPath)} to it`]] : []),
    ...added,
    ...(entrypoint ? [[plus('+ in image'), `ENTRYPOINT ${printable(JSON.stringify(entrypoint))}`]] : []),
    ...(cmd ? [[plus('+ in image'), `CMD ${printable(JSON.stringify(cmd))}`]] : []),
    ...(edited.length > 0 ? [[label('edited'), edited.map(printable).join(', ')]] : []),
    ...(removes.length > 0 ? [[minus('- in image'), removes.map(printable).join(', ')]] : []),
    ...(stays.length > 0 ? [[label('stays'), stays.map(printable).join(', ')]] : []),
  ];
}

/** In a takeover the old agent's settings stay, and the bridge reads them. */
function bridgeText({ agent, delivery, edits, findings }: MigrateItem): string {
  if (findings.some(({ id }) => id === 'bridge-hidden' || id === 'bridge-yaml-config'))
    return 'the bridge, which does nothing here: other settings of the workload keep it out';
  const joins = 'the bridge: traces stay whole between both agents';
  if (delivery !== 'takeover' || agent.id === 'opentelemetry') return joins;
  const isNamed = edits.some((edit) => edit.kind === 'env' && edit.name === 'OTEL_SERVICE_NAME');
  const name = isNamed ? '' : `service name${around(' (here ', printable(agent.serviceName ?? ''), ')')}, `;
  return `${joins}; it takes ${name}namespace and instance from the old agent's settings`;
}

function valueOf(item: MigrateItem, name: string): string {
  const edit = item.edits.find((each) => each.kind === 'env' && each.name === name);
  return JSON.stringify(edit?.after ?? null);
}

function shownValue(variable: (Edit & { readonly kind: 'env' })['before']): string {
  if (variable === null) return '';
  return variable.value === undefined ? '(from a reference)' : redacted(variable.name, variable.value);
}

function redacted(name: string, value: string): string {
  return printable(redact(`${name}=${value}`).slice(name.length + 1));
}

function label(text: string): Cell {
  return { text, tone: 'quiet' };
}

function plus(text: string): Cell {
  return { text, tone: 'good' };
}

function minus(text: string): Cell {
  return { text, tone: 'bad' };
}
