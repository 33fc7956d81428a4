import type { Finding, Severity } from '../../core/finding.ts';
import type { MigrateItem, SkipItem } from '../../core/plan/plan.ts';
import { groupBy } from './group-by.ts';
import { findingText } from './messages/finding-text.ts';
import { skipHeading, skipText } from './messages/skip-text.ts';
import { nameLines } from './names.ts';
import type { Paint } from './paint.ts';

/** What is only good to know about more workloads than this is counted; the plan file names them. */
const MAX_NAMED = 20;

export interface ExceptionOptions {
  readonly paint: Paint;
  readonly width: number;
}

/** Workloads that are left alone, a reason at a time with the most frequent first. */
export function skipSection(skips: readonly SkipItem[], options: ExceptionOptions): readonly string[] {
  if (skips.length === 0) return [];
  const { paint } = options;
  const blocked = skips.every((item) => item.skip.id === 'blocked');
  const title = blocked ? paint('bad', 'Blocked') : paint('strong', 'Left alone');
  const groups = [...groupBy(skips, (item) => item.skip.id)].sort((a, b) => b[1].length - a[1].length);
  return [title, ...groups.flatMap(([id, items]) => (id === 'blocked' ? blockedLines(items, options) : reasonLines(id, items, options)))];
}

/** Findings of one severity about workloads that are moved, one text with all it concerns. */
export function findingSection(
  items: readonly MigrateItem[],
  options: ExceptionOptions & { readonly severity: Severity; readonly title: string },
): readonly string[] {
  const told = items.flatMap((item) => item.findings.filter((finding) => finding.severity === options.severity).map((finding) => ({ id: item.id, finding })));
  if (told.length === 0) return [];
  const title = options.paint(options.severity === 'warn' ? 'caution' : 'strong', options.title);
  return [title, ...findingLines(told, options)];
}

interface Told {
  readonly id: string;
  readonly finding: Finding;
}

function blockedLines(items: readonly SkipItem[], options: ExceptionOptions): readonly string[] {
  const told = items.flatMap((item) => item.findings.filter((finding) => finding.severity === 'block').map((finding) => ({ id: item.id, finding })));
  const silent = items.filter((item) => !told.some((each) => each.id === item.id));
  const allow = told.length === 0 ? [] : [options.paint('quiet', '  A finding that is acceptable is allowed with --allow ID, or spec.allow in the policy.')];
  return [...findingLines(told, options), ...(silent.length > 0 ? reasonLines('blocked', silent, options) : []), ...allow];
}

function findingLines(told: readonly Told[], options: ExceptionOptions): readonly string[] {
  const groups = [...groupBy(told, ({ finding }) => `${finding.id} ${findingText(finding)}`).values()];
  return groups.flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const named = first.finding.severity !== 'info' || group.length <= MAX_NAMED;
    return [`  ${options.paint('accent', first.finding.id)}: ${findingText(first.finding)} (${group.length})`, ...(named ? namesOf(group, options) : [])];
  });
}

function reasonLines(id: string, items: readonly SkipItem[], options: ExceptionOptions): readonly string[] {
  const texts = [...groupBy(items, (item) => skipText(item.skip))];
  const [only] = texts;
  if (only && texts.length === 1) return [`  ${only[0]} (${items.length})`, ...namesOf(items, options)];
  const heading = skipHeading(id);
  const detail = (text: string): string => text.slice(heading.length).replace(/^ \((.*)\)$/, '$1') || 'no detail';
  return [`  ${heading} (${items.length})`, ...texts.flatMap(([text, group]) => [`    ${detail(text)}`, ...namesOf(group, options)])];
}

function namesOf(items: readonly { readonly id: string }[], options: ExceptionOptions): readonly string[] {
  return nameLines([...new Set(items.map((item) => item.id))], { width: options.width, indent: 6 }).map((line) => options.paint('quiet', line));
}
