import { serviceNames } from './expected-breaks.ts';
import type { MigrateItem, ServiceEdge } from './plan.ts';

/**
 * The order in which workloads are switched so that, batch by batch, few calls cross from switched to not yet switched
 * services: next comes whoever is called by, and calls, most of what is switched and least of what is not. Of equals, the
 * first by id; whoever the call graph does not know comes last. Pure.
 */
export function callGraphOrder(items: readonly MigrateItem[], edges: readonly (ServiceEdge & { readonly calls?: number })[]): readonly string[] {
  const neighbours = linkItems(items, edges);
  const score = new Map([...neighbours].map(([id, linked]) => [id, -sum(linked)]));
  const order: string[] = [];
  while (score.size > 0) {
    const next = best(score);
    score.delete(next);
    order.push(next);
    // A link to what is switched counts for it instead of against it.
    for (const [id, calls] of neighbours.get(next) ?? []) if (score.has(id)) score.set(id, (score.get(id) ?? 0) + 2 * calls);
  }
  return order;
}

/** Calls between workloads of the plan, either way, by workload; services that several report are all of them. */
function linkItems(
  items: readonly MigrateItem[],
  edges: readonly (ServiceEdge & { readonly calls?: number })[],
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const ids = new Map<string, string[]>();
  for (const item of items) for (const name of new Set(serviceNames(item))) ids.set(name, [...(ids.get(name) ?? []), item.id]);
  const links = new Map<string, Map<string, number>>();
  const link = (from: string, to: string, calls: number): void => {
    const of = links.get(from) ?? new Map<string, number>();
    links.set(from, of.set(to, (of.get(to) ?? 0) + calls));
  };
  for (const { from, to, calls = 1 } of edges) {
    for (const caller of ids.get(from) ?? []) {
      for (const callee of ids.get(to) ?? []) {
        if (caller === callee) continue;
        link(caller, callee, calls);
        link(callee, caller, calls);
      }
    }
  }
  return links;
}

function best(score: ReadonlyMap<string, number>): string {
  let found: readonly [string, number] | undefined;
  for (const each of score) if (!found || each[1] > found[1] || (each[1] === found[1] && each[0] < found[0])) found = each;
  return found?.[0] ?? '';
}

function sum(linked: ReadonlyMap<string, number>): number {
  return [...linked.values()].reduce((total, calls) => total + calls, 0);
}
