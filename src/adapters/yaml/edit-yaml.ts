import type { Json } from '../../core/json.ts';
import type { Place } from '../../core/policy/placed-document.ts';
import type { ManifestDocument } from '../../ports/manifest-text.ts';
import type { NodeProblem } from './check-nodes.ts';
import { editDocument } from './edit-yaml-document.ts';
import { isJsonText, readDocuments, type ReadDocument } from './edit-yaml-read.ts';
import { invalidYaml, locate, TOO_DEEP } from './parse-yaml.ts';

/** A document's part of the whole text. */
interface Region {
  readonly start: number;
  readonly text: string;
}

/**
 * Reads the documents of a text (see the port `ReadManifests`). A JSON text is one document and stays JSON. Only plain data
 * is kept of what was read: a document that is edited is read again.
 */
export function* readManifests(text: string, file: string): Generator<ManifestDocument> {
  const place = lineIndex(text);
  const refuse = (problems: readonly NodeProblem[]): never => {
    const placed = problems.map(({ offset, message }) => ({ at: place(offset), message }));
    throw invalidYaml(file, placed);
  };
  let last: { readonly region: Region; readonly read: ReadDocument } | undefined;
  const reread = (region: Region): ReadDocument => {
    if (last?.region !== region) last = { region, read: readAgain(region) };
    return last.read;
  };
  let end = 0;
  try {
    for (const read of readDocuments(text)) {
      if (read.problems.length > 0) refuse(read.problems);
      const region = { start: end, text: text.slice(end, read.document.range[2]) };
      last = undefined;
      yield {
        value: read.value,
        position: (path) => locate(reread(region).document, path, (offset) => place(region.start + offset)),
        edit: (groups) => {
          const { splices, refused } = editDocument({ ...reread(region), text: region.text, read: readOne }, groups);
          return { splices: splices.map((splice) => ({ ...splice, start: region.start + splice.start })), refused };
        },
      };
      end = read.document.range[2];
    }
  } catch (error) {
    if (error instanceof RangeError) refuse([{ offset: end, message: error.message.startsWith('Maximum call stack') ? TOO_DEEP : error.message }]);
    throw error;
  }
}

function readAgain({ text }: Region): ReadDocument {
  const [only] = readDocuments(text);
  if (!only || only.problems.length > 0) throw new Error('a document that was valid and is not any more');
  return only;
}

/** The value of a text that must be one document, in the same language as the text it was made from. */
function readOne(text: string, madeFrom: string): Json | undefined {
  if (isJsonText(madeFrom) !== isJsonText(text)) return undefined;
  const [only, ...more] = readDocuments(text);
  return only && more.length === 0 && only.problems.length === 0 ? only.value : undefined;
}

/** Lines and columns of places, counted from 1; lines are only looked for when the first one is asked for. */
function lineIndex(text: string): (offset: number) => Place {
  let starts: readonly number[] | undefined;
  return (offset) => {
    starts ??= lineStarts(text);
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
