import type { Carrier, CarrierSource, JvmOption } from './jvm-option.ts';
import type { ExpandedText } from './expand-references.ts';
import { rawRange, type OptionSyntax, type Token } from './token.ts';

/** A text that options are read from, and where it stands. */
export interface Origin {
  readonly carrier: Carrier;
  readonly source: CarrierSource;
  readonly syntax: OptionSyntax;
  readonly element?: number;
  /** Set where `$(NAME)` references were expanded before the text was split. */
  readonly mapped?: ExpandedText;
}

/** A word after its shell variables were resolved as far as they are known. */
export interface ResolvedText {
  readonly text: string;
  readonly complete: boolean;
  readonly unresolved: readonly string[];
}

/** A token of an origin as a JVM option; `resolved` where shell variables in it were looked up. */
export function optionAt(origin: Origin, token: Token, resolved: ResolvedText = { text: token.text, complete: !token.expands, unresolved: [] }): JvmOption {
  const { carrier, source, syntax, element, mapped } = origin;
  const references = mapped?.references.filter((each) => each.start < token.end && each.end > token.start).map((each) => each.name) ?? [];
  const unresolved = [...new Set([...references, ...resolved.unresolved])];
  return {
    carrier,
    source,
    syntax,
    text: resolved.text,
    ...(mapped ? rawRange(mapped, token.start, token.end) : { start: token.start, end: token.end }),
    ...(element === undefined ? {} : { element }),
    ...(unresolved.length > 0 ? { unresolved } : {}),
    ...(resolved.complete ? {} : { expands: true as const }),
  };
}
