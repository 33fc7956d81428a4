/** How a registry wants to be spoken to, as its `WWW-Authenticate` header says. */
export type Challenge =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: string; readonly service: string | undefined; readonly scopes: readonly string[] };

const PARAMETER = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)?/y;

/**
 * The best challenge of a `WWW-Authenticate` header (or of several, joined by commas): Bearer with a realm before Basic;
 * undefined when it offers neither. RFC 9110 section 11.6.1, distribution's token specification.
 */
export function parseChallenge(header: string): Challenge | undefined {
  let basic: Challenge | undefined;
  for (const { scheme, parameters } of splitChallenges(header)) {
    const realm = parameters.get('realm');
    if (scheme === 'basic') basic = { kind: 'basic' };
    if (scheme !== 'bearer' || realm === undefined) continue;
    const scopes = (parameters.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
    return { kind: 'bearer', realm, service: parameters.get('service'), scopes };
  }
  return basic;
}

function splitChallenges(header: string): readonly { scheme: string; parameters: ReadonlyMap<string, string> }[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  for (let at = 0; at < header.length;) {
    PARAMETER.lastIndex = at;
    const parameter = PARAMETER.exec(header);
    const current = challenges.at(-1);
    if (parameter && current) {
      current.parameters.set((parameter[1] ?? '').toLowerCase(), (parameter[2] ?? parameter[3] ?? '').replaceAll(/\\(.)/g, '$1'));
      at = PARAMETER.lastIndex;
      continue;
    }
    const word = /^[\s,]*([^\s,]*)/.exec(header.slice(at));
    if (word?.[1]) challenges.push({ scheme: word[1].toLowerCase(), parameters: new Map() });
    at += Math.max(word?.[0].length ?? 1, 1);
    at += /^\s*/.exec(header.slice(at))?.[0].length ?? 0;
  }
  return challenges;
}
