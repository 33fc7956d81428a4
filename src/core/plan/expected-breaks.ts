import type { ExpectedBreak, PlanItem, ServiceEdge } from './plan.ts';

/**
 * Which chains break without the bridge, batch by batch, until both sides are the same. Services the plan leaves on the old
 * agent stay on the other side to the end. `edges`: the calls there are; left out = not known. Pure.
 */
export function expectedBreaks(
  { items, batches }: { readonly items: readonly PlanItem[]; readonly batches: readonly (readonly string[])[] },
  agent: string,
  edges?: readonly ServiceEdge[],
): readonly ExpectedBreak[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  const staying = items.filter((item) => item.action === 'skip' && item.skip.id !== 'no-pods' && item.agent?.id === agent);
  const itemsOf = (some: readonly (readonly string[])[]): readonly PlanItem[] => some.flat().flatMap((id) => byId.get(id) ?? []);
  return batches.flatMap((_ids, index): readonly ExpectedBreak[] => {
    const switched = itemsOf(batches.slice(0, index + 1));
    const notYet = [...itemsOf(batches.slice(index + 1)), ...staying];
    if (notYet.length === 0) return [];
    const broken = edges ? { edges: brokenEdges(edges, knownAs(switched), knownAs(notYet)) } : {};
    return [{ batch: index + 1, ...broken, services: { switched: namesOf(switched), notYet: namesOf(notYet) } }];
  });
}

/** Names by which a call graph may know a workload: it may be older than the names that a template gives. */
export function serviceNames(item: PlanItem): readonly string[] {
  return [oldName(item), newName(item)];
}

function knownAs(items: readonly PlanItem[]): ReadonlySet<string> {
  return new Set(items.flatMap(serviceNames));
}

function brokenEdges(edges: readonly ServiceEdge[], switched: ReadonlySet<string>, notYet: ReadonlySet<string>): readonly ServiceEdge[] {
  const isBroken = ({ from, to }: ServiceEdge): boolean => (switched.has(from) && notYet.has(to)) || (notYet.has(from) && switched.has(to));
  return edges.filter(isBroken).map(({ from, to }) => ({ from, to }));
}

function namesOf(items: readonly PlanItem[]): readonly string[] {
  return [...new Set(items.map(newName))].sort();
}

function newName(item: PlanItem): string {
  const set = item.action === 'migrate' ? item.edits.find((edit) => edit.kind === 'env' && edit.name === 'OTEL_SERVICE_NAME') : undefined;
  return (set?.kind === 'env' ? set.after?.value : undefined) ?? oldName(item);
}

function oldName(item: PlanItem): string {
  return item.agent?.serviceName ?? item.id.split('/').at(-1) ?? item.id;
}
