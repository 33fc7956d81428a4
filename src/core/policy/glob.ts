/**
 * Whether a text matches a glob as policies use it: `*` stands for any characters (also `/`, also none), `?` for one, all
 * else for itself. Runs in time proportional to pattern times text.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let [p, t] = [0, 0];
  let star: { readonly next: number; taken: number } | undefined;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = { next: p + 1, taken: t };
      p += 1;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star) {
      star.taken += 1;
      p = star.next;
      t = star.taken;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(p));
}
