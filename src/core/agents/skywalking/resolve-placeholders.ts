/** Where the pieces of a resolved value came from. */
export interface ResolvedValue {
  readonly value: string;
  /** Names that were found, in the order they were asked for. */
  readonly found: readonly string[];
  /** A placeholder leads to itself or names nothing: the agent gives up there, and the value stays as it was written. */
  readonly broken?: true;
}

/**
 * Resolves `${NAME:default}` in a value of agent.config (`PropertyPlaceholderHelper`): nested placeholders in names, values
 * and defaults; unknown names without a default stay as they are.
 */
export function resolvePlaceholders(raw: string, lookup: (name: string) => string | undefined): ResolvedValue {
  const found: string[] = [];
  let broken = false;
  const ask = (name: string): string | undefined => {
    if (name === '') broken = true;
    const value = lookup(name);
    if (value !== undefined) found.push(name);
    return value;
  };
  const resolve = (text: string, visiting: readonly string[]): string => {
    const start = text.indexOf('${');
    const end = start < 0 ? -1 : placeholderEnd(text, start);
    if (end < 0) return text;
    const written = text.slice(start + 2, end);
    const head = text.slice(0, start);
    const rest = (): string => resolve(text.slice(end + 1), visiting);
    if (visiting.includes(written)) broken = true;
    if (broken) return text;
    const inner = [...visiting, written];
    const name = resolve(written, inner);
    const colon = name.indexOf(':');
    let value = ask(name);
    if (value === undefined && colon >= 0) value = ask(name.slice(0, colon)) ?? name.slice(colon + 1);
    return head + (value === undefined ? text.slice(start, end + 1) : resolve(value, inner)) + rest();
  };
  const value = resolve(raw, []);
  return broken ? { value: raw, found, broken } : { value, found };
}

function placeholderEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start + 2; at < text.length; at += 1) {
    if (text.charAt(at) === '{') depth += 1;
    else if (text.charAt(at) === '}' && (depth -= 1) < 0) return at;
  }
  return -1;
}
