import { displayWidth, wrap } from './display-width.ts';
import { printable } from './printable.ts';

const WIDEST = 120;

/** Workload ids as wrapped lines in alphabetical order, a namespace at a time: `shop: cart, orders, StatefulSet/db`. */
export function nameLines(ids: readonly string[], options: { readonly width: number; readonly indent: number }): readonly string[] {
  const byNamespace = new Map<string, string[]>();
  for (const id of ids.toSorted()) {
    const [namespace = '', kind = '', name = ''] = printable(id).split('/');
    byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), kind === 'Deployment' ? name : `${kind}/${name}`]);
  }
  return [...byNamespace].flatMap(([namespace, names]) => {
    const head = `${namespace}: `;
    const hang = options.indent + displayWidth(head);
    const lines = wrap(names.join(', '), Math.max(20, Math.min(options.width, WIDEST) - hang));
    return lines.map((line, index) => `${' '.repeat(options.indent)}${index === 0 ? head : ' '.repeat(displayWidth(head))}${line}`);
  });
}
