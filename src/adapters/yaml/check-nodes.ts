import { isScalar, visit, type Alias, type Document, type Scalar, type YAMLMap } from 'yaml';

export interface NodeProblem {
  /** Offset in the text, UTF-16 units. */
  readonly offset: number;
  readonly message: string;
}

/** What is valid YAML and still cannot be plain data that means one thing: twice the same key, lost numbers, loops. */
export function checkNodes(document: Document): readonly NodeProblem[] {
  const problems: NodeProblem[] = [];
  visit(document, {
    Map: (_, map) => void problems.push(...duplicateKeys(map)),
    Scalar: (_, scalar) => void problems.push(...lostNumber(scalar)),
    Alias: (_, alias, ancestors) => void problems.push(...brokenAlias(document, alias, ancestors)),
  });
  return problems;
}

/** Keys that a mapping has twice. */
export function duplicateKeys(map: YAMLMap): readonly NodeProblem[] {
  const seen = new Set<string>();
  return map.items.flatMap(({ key }) => {
    if (!isScalar(key)) return [];
    const name = String(key.value);
    if (seen.has(name)) return [{ offset: key.range?.[0] ?? 0, message: `has the key "${name}" twice` }];
    seen.add(name);
    return [];
  });
}

function lostNumber(scalar: Scalar): readonly NodeProblem[] {
  const { value } = scalar;
  const lost = typeof value === 'number' && (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)));
  return lost ? [{ offset: scalar.range?.[0] ?? 0, message: 'is a number that cannot be kept exactly: put it in quotes' }] : [];
}

function brokenAlias(document: Document, alias: Alias, ancestors: readonly unknown[]): readonly NodeProblem[] {
  const offset = alias.range?.[0] ?? 0;
  const node = alias.resolve(document);
  if (!node) return [{ offset, message: `the alias *${alias.source} has no anchor before it` }];
  return ancestors.includes(node) ? [{ offset, message: `the alias *${alias.source} contains itself` }] : [];
}
