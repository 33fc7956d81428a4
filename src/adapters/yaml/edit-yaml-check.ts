import { isAlias, isMap, isScalar, isSeq, type Document, type Node } from 'yaml';
import { duplicateKeys, type NodeProblem } from './check-nodes.ts';

/** How many values a document may hold once its aliases are followed. */
const MAX_VALUES = 2_000_000;
/** Anchors that are looked through for all aliases together. */
const MAX_LOOKUPS = 20_000_000;

export interface CheckedNodes {
  readonly problems: readonly NodeProblem[];
  /** Nodes that an alias stands for. */
  readonly shared: ReadonlySet<Node>;
}

/**
 * What is valid YAML and still no manifest that can be edited safely: twice the same key, aliases that lead nowhere or into
 * themselves, and documents that grow without bound when their aliases are followed. One pass, in time linear to the text.
 */
export function checkManifest(document: Document): CheckedNodes {
  const state: State = { anchors: new Map(), problems: [], shared: new Set(), aliases: 0 };
  const values = document.contents ? measure(document.contents, state) : 0;
  const tooMuch = values > MAX_VALUES || state.aliases * (state.aliases + state.anchors.size) > MAX_LOOKUPS;
  const bomb = { offset: document.range?.[0] ?? 0, message: 'uses anchors too often: write the values out' };
  return { problems: tooMuch ? [...state.problems, bomb] : state.problems, shared: state.shared };
}

interface State {
  readonly anchors: Map<string, { readonly node: Node; size: number | undefined }>;
  readonly problems: NodeProblem[];
  readonly shared: Set<Node>;
  aliases: number;
}

/** How many values a node holds, each alias counted as what it stands for. */
function measure(node: unknown, state: State): number {
  if (isAlias(node)) return measureAlias(node.source, node.range?.[0] ?? 0, state);
  if (!isMap(node) && !isSeq(node) && !isScalar(node)) return 0;
  const entry = { node, size: undefined as number | undefined };
  if (node.anchor !== undefined) state.anchors.set(node.anchor, entry);
  if (isMap(node)) state.problems.push(...duplicateKeys(node));
  const parts = isMap(node) ? node.items.flatMap(({ key, value }) => [key, value]) : isSeq(node) ? node.items : [];
  entry.size = parts.reduce<number>((size, part) => size + measure(part, state), 1);
  return entry.size;
}

function measureAlias(name: string, offset: number, state: State): number {
  const target = state.anchors.get(name);
  state.aliases += 1;
  if (!target) state.problems.push({ offset, message: `the alias *${name} has no anchor before it` });
  else if (target.size === undefined) state.problems.push({ offset, message: `the alias *${name} contains itself` });
  else state.shared.add(target.node);
  return target?.size ?? 0;
}
