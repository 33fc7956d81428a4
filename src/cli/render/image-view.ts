import type { AgentReport, ImageReport, PlatformReport } from '../../core/image-report/image-report.ts';
import type { JavaHome } from '../../core/image-report/find-java.ts';
import type { Finding } from '../../core/finding.ts';
import { formatBytes } from './bytes.ts';
import { wrap } from './display-width.ts';
import { findingText } from './messages/finding-text.ts';
import { around } from './messages/say.ts';
import type { Paint, Tone } from './paint.ts';
import { printable } from './printable.ts';
import { formatTable, type Cell } from './table.ts';

interface ViewOptions {
  readonly paint: Paint;
  readonly width: number;
}

const WIDEST = 140;
const severities = { block: ['✗', 'bad'], warn: ['!', 'caution'], info: ['·', 'quiet'] } as const satisfies Record<
  Finding['severity'],
  readonly [mark: string, tone: Tone]
>;

/** One image for people: what it is, then each platform with its agents, then whether the agent can be replaced by a takeover. */
export function formatImage(report: ImageReport, options: ViewOptions): readonly string[] {
  const several = report.platforms.length > 1;
  const sections = [
    head(report, options),
    ...report.platforms.flatMap((platform) => [
      platformSection(platform, { ...options, title: several ? `${platform.os}/${platform.architecture}` : 'Image' }),
      agentSection(platform, options),
      findingSection(platform.findings, options),
    ]),
    takeoverSection(report, options),
  ];
  return sections.filter((section) => section.length > 0).flatMap((section, index) => (index === 0 ? section : ['', ...section]));
}

function head(report: ImageReport, options: ViewOptions): readonly string[] {
  const { children, platforms, signatures } = report;
  const [first] = platforms;
  const kind = children ? `an index of ${children.map(childName).join(', ')}` : `one image for ${first?.os}/${first?.architecture}`;
  const ours = first?.ours;
  return [
    options.paint('strong', printable(report.reference)),
    ...rows(
      [
        ['digest', report.digest],
        ['kind', printable(kind)],
        ['made by', ours ? `Changeover: ${printable(ours.agent)} ${printable(ours.version)}, from ${printable(ours.sourceName || ours.source)}` : ''],
        ['signed', signatures.map((each) => `${each.kind} ${each.tag}`).join(', ')],
      ],
      options,
    ),
  ];
}

function childName({ role, platform }: NonNullable<ImageReport['children']>[number]): string {
  if (role !== 'image' || !platform) return role === 'image' ? 'an image' : role;
  return [platform.os, platform.architecture, ...(platform.variant === undefined ? [] : [platform.variant])].join('/');
}

function platformSection(platform: PlatformReport, options: ViewOptions & { readonly title: string }): readonly string[] {
  const { config, layers } = platform;
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  const list = layers.map((layer): readonly Cell[] => [
    { text: layer.digest.slice(0, 19), tone: 'quiet' },
    formatBytes(layer.size),
    layer.ours ? { text: 'ours', tone: 'accent' } : '',
  ]);
  return [
    options.paint('strong', options.title),
    ...rows(
      [
        ['entrypoint', command(config.entrypoint)],
        ['cmd', command(config.cmd)],
        ['workdir', printable(config.workingDir)],
        ['user', printable(config.user)],
        ...config.env.map(({ name, value }, index): readonly [string, string] => [index === 0 ? 'ENV' : '', printable(`${name}=${value}`)]),
        ...platform.java.map((each): readonly [string, string] => ['Java', javaText(each)]),
        ['layers', `${layers.length}, ${formatBytes(size)}`],
      ],
      options,
    ),
    ...formatTable([{}, { align: 'end' }, {}], list, { paint: options.paint, width: options.width, indent: 14 }),
  ];
}

function javaText({ home, version, vendor }: JavaHome): string {
  return printable([version ?? 'version not known', ...(vendor === undefined ? [] : [`(${vendor})`]), ...(home === undefined ? [] : [`in ${home}`])].join(' '));
}

function agentSection({ agents, scanProblem }: PlatformReport, options: ViewOptions): readonly string[] {
  const title = options.paint('strong', 'Agents');
  const unread =
    scanProblem === undefined ? [] : [`  ${options.paint('caution', '!')} layers not read, so jars may be there unseen: ${printable(scanProblem)}`];
  if (agents.length === 0) return [title, `  ${unread.length > 0 ? "none that the image's own options name" : 'none'}`, ...unread];
  return [title, ...agents.flatMap((agent) => describeAgent(agent, options)), ...unread];
}

function describeAgent(agent: AgentReport, options: ViewOptions): readonly string[] {
  const details = rows(
    [
      ['jar', printable(agent.jarPath)],
      ['also at', agent.links.map(printable).join(', ')],
      ['named by', agent.namedBy.map(printable).join(', ') || 'nothing in the image: a pod can name it'],
      ...settingLines(agent).map((text, index): readonly [string, string] => [index === 0 ? 'settings' : '', text]),
    ],
    { ...options, width: options.width - 2 },
  );
  return [`  ${options.paint('accent', `${agent.id}${around(' ', printable(agent.version ?? ''))}`)}`, ...details.map((line) => `  ${line}`)];
}

/** What somebody chose, with its source; else where the defaults are. */
function settingLines({ settings }: AgentReport): readonly string[] {
  const all = Object.entries(settings).filter(([, setting]) => setting.value !== '');
  const chosen = all.filter(([, setting]) => !setting.isDefault);
  if (chosen.length > 0) return chosen.map(([key, { value, source }]) => printable(`${key}=${value} (${source})`));
  const sources = new Set(all.map(([, setting]) => setting.source));
  return sources.size === 0 ? [] : [`the defaults of ${[...sources].map(printable).join(', ')}`];
}

function takeoverSection({ takeover }: ImageReport, options: ViewOptions): readonly string[] {
  const { paint } = options;
  const title = paint('strong', 'Takeover, as far as the image alone tells');
  if (!takeover.possible) {
    const isDone = takeover.because.every((finding) => finding.severity === 'info');
    return [title, `  ${isDone ? paint('good', '✓ done') : paint('bad', '✗ not possible')}`, ...findingLines(takeover.because, options)];
  }
  return [
    title,
    `  ${paint('good', '✓ possible')}: the new agent takes the place of ${printable(takeover.jarPath)}`,
    ...rows(
      [
        ['goes', takeover.removes.map(printable).join(', ')],
        ['stays', takeover.stays.map(printable).join(', ')],
      ],
      options,
    ),
  ];
}

/** Findings under a heading, the grave ones first. */
export function findingSection(findings: readonly Finding[], options: ViewOptions): readonly string[] {
  return findings.length === 0 ? [] : [options.paint('strong', findings.length === 1 ? 'Finding' : 'Findings'), ...findingLines(findings, options)];
}

function findingLines(findings: readonly Finding[], { paint, width }: ViewOptions): readonly string[] {
  const order = Object.keys(severities);
  const sorted = [...findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return sorted.flatMap(({ id, severity, params }) => {
    const [mark, tone] = severities[severity];
    const [first = '', ...more] = wrap(`${findingText({ id, params })} (${id})`, Math.max(20, Math.min(width, WIDEST) - 4));
    return [`  ${paint(tone, mark)} ${first}`, ...more.map((line) => `    ${line}`)];
  });
}

/** `name  text` lines whose texts are wrapped beside the names; an empty text leaves its line out. */
export function rows(pairs: readonly (readonly [name: string, text: string])[], { paint, width }: ViewOptions): readonly string[] {
  return pairs
    .filter(([, text]) => text !== '')
    .flatMap(([name, text]) => {
      const lines = wrap(text, Math.max(20, Math.min(width, WIDEST) - 14));
      return lines.map((line, index) => `  ${paint('quiet', (index === 0 ? name : '').padEnd(12))}${line}`.trimEnd());
    });
}

function command(words: readonly string[]): string {
  return printable(words.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : JSON.stringify(word))).join(' '));
}
