import { Composer, CST, Lexer, Parser, type Document, type Node } from 'yaml';
import type { Json } from '../../core/json.ts';
import type { NodeProblem } from './check-nodes.ts';
import { checkManifest } from './edit-yaml-check.ts';
import { explainSyntax } from './parse-yaml.ts';

const options = { keepSourceTokens: true, prettyErrors: false, stringKeys: true, uniqueKeys: false, merge: true } as const;
/** How many tokens one document may have: each takes some hundred bytes of memory. Ten thousand Deployments have fewer. */
const MAX_TOKENS = 1_000_000;

export interface ReadDocument {
  readonly document: Document.Parsed;
  /** Null where there are problems. */
  readonly value: Json;
  readonly problems: readonly NodeProblem[];
  /** Nodes that an alias stands for. */
  readonly shared: ReadonlySet<Node>;
}

/** The documents of a text, read and checked one after the other; none after one with problems counts. Throws `RangeError` for one that is too much to read. */
export function* readDocuments(text: string): Generator<ReadDocument> {
  // JSON may be indented with tabs, and has none inside its strings.
  const source = isJsonText(text) ? text.replaceAll('\t', ' ') : text;
  for (const document of new Composer(options).compose(parse(source))) {
    const syntax = explainSyntax([...document.errors, ...document.warnings]);
    const { problems, shared } = syntax.length > 0 ? { problems: syntax, shared: new Set<never>() } : checkManifest(document);
    yield { document, shared, problems, value: problems.length > 0 ? null : (document.toJS({ maxAliasCount: -1 }) as Json) };
  }
}

/** Whether a text is JSON as it stands. */
export function isJsonText(text: string): boolean {
  if (!/^\uFEFF?\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''));
    return true;
  } catch {
    return false;
  }
}

/** What `Parser.parse` does, with a bound: memory is taken by tokens, not by characters. */
function* parse(text: string): Generator<CST.Token> {
  const parser = new Parser();
  let tokens = 0;
  let before = '';
  for (const lexeme of new Lexer().lex(text)) {
    const isStart = lexeme === CST.DOCUMENT || (lexeme === '---' && before !== CST.SCALAR);
    tokens = isStart ? 0 : tokens + 1;
    before = lexeme;
    if (tokens > MAX_TOKENS) throw new RangeError('is too large for one document: divide it');
    yield* parser.next(lexeme);
  }
  yield* parser.end();
}
