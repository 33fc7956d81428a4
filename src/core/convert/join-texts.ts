/**
 * Texts of several files as one stream of YAML documents; a single one stays as it is. A separator goes between two texts
 * unless the next one begins with its own.
 */
export function joinTexts(texts: readonly string[]): string {
  if (texts.length <= 1) return texts.join('');
  return texts.map((text, index) => joinable(text, index === 0)).join('');
}

function joinable(text: string, isFirst: boolean): string {
  const own = text.replace(/^\uFEFF/, '');
  const ended = own === '' || own.endsWith('\n') ? own : `${own}\n`;
  const head = firstLine(own);
  if (head.startsWith('%')) return isFirst ? ended : `...\n${ended}`;
  // A stream that begins like JSON would be taken for JSON alone.
  const needsOwn = isFirst ? /^[{[]/.test(head) : !/^---(?:\s|$)/.test(head);
  return needsOwn ? `---\n${ended}` : ended;
}

/** The first line that is neither blank nor a comment. */
function firstLine(text: string): string {
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end < 0 ? text.length : end);
    if (line.trim() !== '' && !line.trimStart().startsWith('#')) return line;
    if (end < 0) break;
    at = end + 1;
  }
  return '';
}
