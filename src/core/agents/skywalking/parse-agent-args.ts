/** SkyWalking's agent arguments. `ignored` is what follows the first term that is no `key=value`: the agent drops it. */
export interface AgentArgs {
  readonly pairs: readonly (readonly [key: string, value: string])[];
  readonly ignored: boolean;
}

/**
 * Parses the text after `-javaagent:jar=` as `SnifferConfigInitializer` does: `,` separates, `=` splits, either quote
 * character toggles quoting and vanishes, nothing escapes. Commas around the whole are trimmed.
 */
export function parseAgentArgs(args: string): AgentArgs {
  const text = args.replace(/^,+|,+$/g, '').trim();
  if (text === '') return { pairs: [], ignored: false };
  const pairs: (readonly [string, string])[] = [];
  for (const terms of splitTerms(text)) {
    const [key, value, more] = terms;
    if (key === undefined || value === undefined || more !== undefined) return { pairs, ignored: true };
    pairs.push([key, value]);
  }
  return { pairs, ignored: false };
}

function splitTerms(text: string): readonly (readonly string[])[] {
  const options: string[][] = [['']];
  let quoted = false;
  for (const char of text) {
    const terms = options.at(-1) ?? [];
    if (char === '"' || char === "'") quoted = !quoted;
    else if (char === ',' && !quoted) options.push(['']);
    else if (char === '=' && !quoted) terms.push('');
    else terms.push(`${terms.pop() ?? ''}${char}`);
  }
  return options;
}
