import type { ExpectedBreak, Plan } from '../../core/plan/plan.ts';
import { count } from './messages/say.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { formatTable, type Cell } from './table.ts';

/** Which traces break without the bridge and until when: every call between both sides, and the exact ones where the call graph is known. */
export function breakSection({ batches, expectedBreaks }: Plan, { paint, width }: { readonly paint: Paint; readonly width: number }): readonly string[] {
  if (!expectedBreaks || batches.length === 0) return [];
  const left = expectedBreaks.find(({ batch }) => batch === batches.length)?.services.notYet ?? [];
  const title = paint('caution', `Bridge off: ${sentence(batches.length, left.length)}`);
  const rows = expectedBreaks.map((each, index): readonly Cell[] => {
    const before = expectedBreaks[index - 1]?.services.switched ?? [];
    const { switched, notYet } = each.services;
    const added = switched.filter((name) => !before.includes(name));
    return [{ text: `from batch ${each.batch}`, tone: 'quiet' }, `${notYet.length} not yet`, brokenText(each, added)];
  });
  const others = paint('quiet', '  Services outside this plan that still run the old agent count as not yet switched.');
  return [title, ...formatTable([{}, { align: 'end' }, { shrinkTo: 20 }], rows, { paint, width, indent: 2 }), others];
}

function sentence(batches: number, left: number): string {
  const broken = 'every call between switched and not-yet-switched services breaks its trace';
  if (left > 0) return `from batch 1 on, ${broken}; ${count(left, 'service')} that this plan does not move ${left === 1 ? 'stays' : 'stay'} on the other side`;
  return batches === 1 ? `while batch 1 runs, calls between old and new pods break their traces` : `from batch 1 on, ${broken}, until batch ${batches} is done`;
}

function brokenText({ edges }: ExpectedBreak, added: readonly string[]): string {
  if (edges) return edges.length === 0 ? 'no known call breaks' : edges.map(({ from, to }) => `${printable(from)} -> ${printable(to)}`).join(', ');
  return `switched: ${added.map(printable).join(', ')}`;
}
