/** Names whose values are secrets wherever they appear: in options, variables, log lines. */
const SECRET = /(pass(?:word|wd)?|secret|token|api[-_.]?key|access[-_.]?key|authentication|authorization|credential|private[-_.]?key)/i;

/** Whether a variable or option of this name holds a credential. */
export function isSecretName(name: string): boolean {
  return SECRET.test(name);
}

/** The text with values of credential-like `name=value` and `name: value` pairs and URL passwords masked. */
export function redact(text: string): string {
  return text
    .replaceAll(
      /([\w.-]*(?:pass(?:word|wd)?|secret|token|api[-_.]?key|access[-_.]?key|authentication|authorization|credential|private[-_.]?key)[\w.-]*\s*[=:]\s*)("[^"]*"|'[^']*'|(?:bearer |basic )?[^\s,;]+)/gi,
      '$1***',
    )
    .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:)[^\s/@]+@/gi, '$1***@');
}

/** The value of a variable or option of this name as it may be stored: as `redact`, and whole where quotes could hide more words than the mask covers. */
export function redactValue(name: string, value: string): string {
  const text = `${name}=${value}`;
  const masked = redact(text);
  if (masked === text) return value;
  return /["'\\]/.test(value) ? '***' : masked.slice(name.length + 1);
}
