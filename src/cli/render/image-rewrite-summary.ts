import type { ImageReport } from '../../core/image-report/image-report.ts';
import { findingSection, rows } from './image-view.ts';
import { findingText } from './messages/finding-text.ts';
import { around } from './messages/say.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';

/** What a person reads before a rewritten image is pushed: from what to what, what changes, and what pods still need. */
export function formatRewriteSummary(report: ImageReport, options: { readonly paint: Paint; readonly width: number }): readonly string[] {
  const { rewrite } = report;
  if (!rewrite) return [];
  const signed = report.signatures.map((each) => each.tag).join(', ');
  const pairs = (values: { readonly [name: string]: string }): string =>
    Object.entries(values)
      .map(([name, value]) => printable(`${name}=${value}`))
      .join(' ');
  const list = (values: readonly string[]): string => values.map(printable).join(', ');
  return [
    options.paint('strong', `Rewrite ${printable(report.reference)}`),
    ...rows(
      [
        ['from', report.digest],
        ['to', printable(rewrite.reference)],
        ['', rewrite.digest],
        ['agent', `${printable(rewrite.agent)} ${printable(rewrite.version)}`],
        ['delivery', `${rewrite.delivery}${around(' (', rewrite.refused.map((each) => `not ${each.mode}: ${findingText(each.finding)}`).join('; '), ')')}`],
        ['ENV', pairs(rewrite.env)],
        ['entrypoint', list(rewrite.entrypoint ?? [])],
        ['cmd', list(rewrite.cmd ?? [])],
        ['edits', list(rewrite.edited)],
        ['removes', list(rewrite.removes)],
        ['keeps', list(rewrite.stays)],
        ['pods need', around('', pairs(rewrite.podEnv), ' (settings of the old agent: they are not in the new image)')],
        ['signatures', around('', signed, ' are about the old image: sign the new one')],
      ],
      options,
    ),
    ...findingSection(rewrite.findings, options),
  ];
}
