import { Composer, LineCounter, Parser, type Document } from 'yaml';
import type { Json } from '../../core/json.ts';
import type { Place } from '../../core/policy/placed-document.ts';
import type { ManifestDocument } from '../../ports/manifest-text.ts';
import type { NodeProblem } from './check-nodes.ts';
import { checkManifest } from './edit-yaml-check.ts';
import { editDocument } from './edit-yaml-document.ts';
import { explainSyntax, invalidYaml, locate, TOO_DEEP } from './parse-yaml.ts';

const options = { keepSourceTokens: true, prettyErrors: false, stringKeys: true, uniqueKeys: false, merge: true } as const;

/** Reads the documents of a text (see the port `ReadManifests`). A JSON text is one document and stays JSON. */
export function* readManifests(text: string, file: string): Generator<ManifestDocument> {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const refuse = (problems: readonly NodeProblem[]): never => {
    const placed = problems.map(({ offset, message }) => ({ at: place(offset), message }));
    throw invalidYaml(file, placed);
  };
  let end = 0;
  try {
    for (const { document, value, problems, shared } of readDocuments(text, lines)) {
      if (problems.length > 0) refuse(problems);
      const region = { start: end, end: document.range[2] };
      const source = { document, value, shared, text, region, read: readOne };
      yield { value, position: (path) => locate(document, path, place), edit: (groups) => editDocument(source, groups) };
      end = region.end;
    }
  } catch (error) {
    if (error instanceof RangeError) refuse([{ offset: end, message: TOO_DEEP }]);
    throw error;
  }
}

interface ReadDocument {
  readonly document: Document.Parsed;
  readonly value: Json;
  readonly problems: readonly NodeProblem[];
  readonly shared: ReturnType<typeof checkManifest>['shared'];
}

function* readDocuments(text: string, lines?: LineCounter): Generator<ReadDocument> {
  // JSON may be indented with tabs, and has none inside its strings.
  const source = isJson(text) ? text.replaceAll('\t', ' ') : text;
  for (const document of new Composer(options).compose(new Parser(lines?.addNewLine).parse(source))) {
    const syntax = explainSyntax([...document.errors, ...document.warnings]);
    const { problems, shared } = syntax.length > 0 ? { problems: syntax, shared: new Set<never>() } : checkManifest(document);
    yield { document, shared, problems, value: problems.length > 0 ? null : (document.toJS({ maxAliasCount: -1 }) as Json) };
  }
}

/** The value of a text that must be one document, in the same language as the text it was made from. */
function readOne(text: string, madeFrom: string): Json | undefined {
  if (isJson(madeFrom) !== isJson(text)) return undefined;
  const [only, ...more] = readDocuments(text);
  return only && more.length === 0 && only.problems.length === 0 ? only.value : undefined;
}

function isJson(text: string): boolean {
  if (!/^\uFEFF?\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''));
    return true;
  } catch {
    return false;
  }
}
