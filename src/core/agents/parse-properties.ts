const escapes: { readonly [char: string]: string } = { t: '\t', n: '\n', r: '\r', f: '\f' };

/** Parses a Java properties file (`java.util.Properties.load`): comments, continued lines, `=`/`:`/blank separators, escapes. The last of a key wins. */
export function parseProperties(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const end = keyEnd(line);
    const separator = /^[ \t\f]*[=:]?[ \t\f]*/.exec(line.slice(end))?.[0].length ?? 0;
    properties.set(unescape(line.slice(0, end)), unescape(line.slice(end + separator)));
  }
  return properties;
}

function logicalLines(text: string): readonly string[] {
  const lines: string[] = [];
  let open = false;
  for (const natural of text.split(/\r\n|\r|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, '');
    if (!open && (line === '' || /^[#!]/.test(line))) continue;
    const continues = /(?:^|[^\\])(?:\\\\)*\\$/.test(line);
    const content = continues ? line.slice(0, -1) : line;
    if (open) lines.push(`${lines.pop() ?? ''}${content}`);
    else lines.push(content);
    open = continues;
  }
  return lines;
}

function keyEnd(line: string): number {
  for (let at = 0; at < line.length; at += 1) {
    if (line.charAt(at) === '\\') at += 1;
    else if (/[=: \t\f]/.test(line.charAt(at))) return at;
  }
  return line.length;
}

function unescape(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.)|$)/gs, (_match, code: string | undefined, char: string | undefined) =>
    code === undefined ? (escapes[char ?? ''] ?? char ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
