import { CST, parseDocument, type Scalar } from 'yaml';
import { textHunks } from '../../core/convert/text-hunks.ts';
import type { Splice } from '../../core/image/raw-json.ts';
import { rawRange } from '../../core/jvm/token.ts';
import { bodyOffset, mapScalar } from './edit-yaml-source.ts';

type Style = 'plain' | 'single' | 'double' | 'block';

/** What YAML 1.1 (which kubectl reads) or 1.2 takes for something else than text. */
const NOT_TEXT = /^(?:~|null|true|false|yes|no|on|off|y|n|[-+.]?(?:inf|nan))$/i;

/**
 * Gives a scalar another text: only the characters that differ change, in the scalar's own style. Where the rest would not
 * be read as that text (a plain one that became empty or a number), the scalar is written anew, in quotes.
 */
export function replaceText(scalar: Scalar, value: string, inFlow: boolean): readonly Splice[] | undefined {
  const token = scalar.srcToken;
  if (!CST.isScalar(token) || typeof scalar.value !== 'string') return undefined;
  const hunks = value === '' && token.type === 'block-scalar' ? undefined : changedParts(token, { before: scalar.value, after: value });
  if (hunks && readsAs(token, { hunks, value, inFlow })) return hunks;
  const style = styleOf(token);
  const printed = style === 'block' ? JSON.stringify(value) : printText(value, style === 'plain' ? 'double' : style);
  if (token.type !== 'block-scalar') return [{ start: token.offset, length: token.source.length, text: printed }];
  return replaceBlock(token, printed);
}

/** A text as a scalar, in the wished style where that style can hold it. */
export function printText(text: string, style: 'plain' | 'single' | 'double'): string {
  if (style === 'plain' && /^[A-Za-z_/.][\w./@%+-]*$/.test(text) && !NOT_TEXT.test(text)) return text;
  if (style === 'single' && /^[^\p{Cc}\u2028\u2029\uFEFF]*$/u.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return JSON.stringify(text);
}

/** The style of a scalar, for texts that are to look like it. */
export function styleLike(scalar: Scalar | undefined): 'plain' | 'single' | 'double' {
  const token = scalar?.srcToken;
  const style = CST.isScalar(token) ? styleOf(token) : 'plain';
  return style === 'block' ? 'double' : style;
}

function styleOf(token: CST.FlowScalar | CST.BlockScalar): Style {
  if (token.type === 'block-scalar') return 'block';
  return token.type === 'single-quoted-scalar' ? 'single' : token.type === 'double-quoted-scalar' ? 'double' : 'plain';
}

function changedParts(token: CST.FlowScalar | CST.BlockScalar, texts: { readonly before: string; readonly after: string }): readonly Splice[] | undefined {
  const mapped = mapScalar(token);
  if (!mapped.text.startsWith(texts.before)) return undefined;
  const style = styleOf(token);
  return textHunks(texts.before, texts.after).map((hunk) => {
    const { start, end } = rawRange(mapped, hunk.start, hunk.end);
    return { start, length: end - start, text: encode(hunk.text, style) };
  });
}

function encode(text: string, style: Style): string {
  if (style === 'single') return text.replaceAll("'", "''");
  return style === 'double' ? JSON.stringify(text).slice(1, -1) : text;
}

function readsAs(
  token: CST.FlowScalar | CST.BlockScalar,
  { hunks, value, inFlow }: { readonly hunks: readonly Splice[]; readonly value: string; readonly inFlow: boolean },
): boolean {
  const props = token.type === 'block-scalar' ? token.props.map((prop) => ('source' in prop ? prop.source : '')).join('') : '';
  const raw = hunks.toReversed().reduce((text, { start, length, text: insert }) => {
    const at = start - token.offset;
    return text.slice(0, at) + insert + text.slice(at + length);
  }, props + token.source);
  const read = (version: '1.1' | '1.2'): unknown => {
    const document = parseDocument(inFlow ? `[${raw}]` : `${' '.repeat(Math.max(0, token.indent))}- ${raw}`, { version, prettyErrors: false });
    return document.errors.length > 0 ? undefined : (document.toJS() as readonly unknown[])[0];
  };
  return read('1.2') === value && read('1.1') === value && !(token.type === 'scalar' && NOT_TEXT.test(value));
}

/** The header becomes the text, the lines below go; a comment behind the header stays. */
function replaceBlock(token: CST.BlockScalar, printed: string): readonly Splice[] {
  const header = token.props.find((prop) => prop.type === 'block-scalar-header');
  const body = bodyOffset(token);
  const lineBreak = token.props.at(-1);
  const content = token.source.trimEnd().length;
  const from = body - (lineBreak?.type === 'newline' ? lineBreak.source.length : 0);
  if (header?.type !== 'block-scalar-header') return [];
  return [
    { start: header.offset, length: header.source.length, text: printed },
    { start: from, length: body + content - from, text: '' },
  ];
}
