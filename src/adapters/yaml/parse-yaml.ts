import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, stringify, type Document, type Node, type Pair, type YAMLParseError } from 'yaml';
import { ChangeoverError } from '../../core/error.ts';
import type { Json } from '../../core/json.ts';
import type { DocumentPath, Place, PlacedDocument } from '../../core/policy/placed-document.ts';
import { checkNodes, type NodeProblem } from './check-nodes.ts';

/** Longer texts are refused before they are parsed. */
const MAX_CHARACTERS = 1024 * 1024;
/** How much a document may grow when aliases are followed (as yaml counts it). */
const MAX_ALIASES = 100;
const MAX_PROBLEMS = 20;

/**
 * Reads one YAML 1.2 document (JSON is a subset) as plain data, and remembers where each member stands. Throws
 * `invalid-file` with file, line and column for syntax errors, tabs as indentation, duplicate keys, unknown tags, numbers
 * that cannot be kept, more than one document, and alias bombs; `too-large` above 1 Mi characters.
 */
export function parseYamlDocument(text: string, file: string): PlacedDocument {
  if (text.length > MAX_CHARACTERS) throw new ChangeoverError('too-large', `${file} is larger than 1 MiB`, { target: file });
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const refuse = (problems: readonly NodeProblem[]): never => {
    throw invalidYaml(
      file,
      problems.map(({ offset, message }) => ({ at: place(offset), message })),
    );
  };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, uniqueKeys: false });
    const syntax = [...document.errors, ...document.warnings];
    if (syntax.length > 0) refuse(explainSyntax(syntax));
    const nodes = checkNodes(document);
    if (nodes.length > 0) refuse(nodes);
    return { value: toPlainData(document, refuse), position: (path) => locate(document, path, place) };
  } catch (error) {
    if (error instanceof RangeError) return refuse([{ offset: 0, message: TOO_DEEP }]);
    throw error;
  }
}

/** YAML text of plain data: block style, members in their order, long lines kept whole. */
export function formatYaml(value: Json): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Said where a text is nested deeper than it can be read. */
export const TOO_DEEP = 'is nested too deep';

/** Syntax errors as problems, in words. */
export function explainSyntax(problems: readonly YAMLParseError[] | readonly Pick<YAMLParseError, 'code' | 'message' | 'pos'>[]): readonly NodeProblem[] {
  const deep = problems.find((problem) => problem.message.startsWith('Maximum call stack'));
  if (deep) return [{ offset: deep.pos[0], message: TOO_DEEP }];
  return problems.map((problem) => ({ offset: problem.pos[0], message: messageOf(problem) }));
}

function messageOf(problem: Pick<YAMLParseError, 'code' | 'message'>): string {
  if (problem.code === 'MULTIPLE_DOCS') return 'holds more than one document; one is expected (remove the line ---)';
  return problem.code === 'TAB_AS_INDENT' ? 'is indented with a tab; YAML allows spaces only' : problem.message;
}

function toPlainData(document: Document, refuse: (problems: readonly NodeProblem[]) => never): Json {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as Json;
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return refuse([{ offset: 0, message: `uses anchors too often (it would grow more than ${MAX_ALIASES} times): write the values out` }]);
  }
}

/** Where a member's key or a list's item stands, behind aliases too. */
export function locate(document: Document, path: DocumentPath, place: (offset: number) => Place): Place | undefined {
  let node: unknown = document.contents;
  let offset = start(node);
  for (const step of path) {
    const holder = isAlias(node) ? node.resolve(document) : node;
    if (isMap(holder)) {
      const pair = holder.items.find((each) => keyOf(each) === String(step));
      if (!pair) return undefined;
      offset = start(pair.key);
      node = pair.value;
    } else {
      node = isSeq(holder) && typeof step === 'number' ? holder.items[step] : undefined;
      if (node === undefined) return undefined;
      offset = start(node) ?? offset;
    }
  }
  return offset === undefined ? undefined : place(offset);
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

function start(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

/** The `invalid-file` error of a text, with the place of each problem. */
export function invalidYaml(file: string, problems: readonly { readonly at: Place; readonly message: string }[]): ChangeoverError {
  const shown = problems.slice(0, MAX_PROBLEMS).map(({ at, message }) => `${file}:${at.line}:${at.column}: ${message}`);
  const [first] = problems;
  const target = first ? `${file}:${first.at.line}:${first.at.column}` : file;
  return new ChangeoverError('invalid-file', shown.join('\n'), { target, hint: 'Correct the file and run the command again.' });
}
