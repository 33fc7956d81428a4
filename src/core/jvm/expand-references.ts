import { unmapped, type MappedText } from './token.ts';

/** What a name stands for: its text, with the references in it that stay unknown. */
export interface ReferenceValue {
  readonly text: string;
  readonly unresolved: readonly string[];
}

/** A text after expansion. References to values that cannot be known here stay as `$(NAME)`. */
export interface ExpandedText extends MappedText {
  readonly references: readonly { readonly name: string; readonly start: number; readonly end: number }[];
}

/** What Linux hands to a process as one string, in bytes, the NUL at its end and an environment variable's name included. */
export const longestValue = 131_072;

/** Names the kubelet defines for Services; they are never in a pod spec. */
const serviceVariable = /^[A-Z][A-Z0-9_]*_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/** Whether a variable is one the kubelet sets for a Service (`ORDERS_SERVICE_HOST`, `ORDERS_PORT_80_TCP_ADDR`, …). */
export function isServiceVariable(name: string): boolean {
  return serviceVariable.test(name);
}

/**
 * Expands Kubernetes references (third_party/forked/golang/expansion): `$(NAME)` becomes the value, `$$` a literal `$`, and
 * a reference to a name that is not defined stays as it is. `lookup` gives undefined for names that are not defined. What is
 * longer than a process can be given is cut soon after that.
 */
export function expandReferences(raw: string, lookup: (name: string) => ReferenceValue | undefined): ExpandedText {
  if (raw.length <= longestValue && !raw.includes('$')) return { ...unmapped(raw), references: [] };
  const out = { text: '', starts: [] as number[], ends: [] as number[], references: [] as { name: string; start: number; end: number }[] };
  const push = (text: string, start: number, end: number): void => {
    out.text += text;
    for (let index = 0; index < text.length; index += 1) {
      out.starts.push(start);
      out.ends.push(end);
    }
  };
  const reference = /\$(?:\$|\(([^)]*)\))/y;
  let at = 0;
  const lastClose = raw.lastIndexOf(')');
  while (at < raw.length && out.text.length <= longestValue) {
    reference.lastIndex = at;
    const match = at > lastClose && raw.charAt(at + 1) !== '$' ? null : reference.exec(raw);
    const end = at + (match?.[0].length ?? 1);
    const name = match?.[1];
    if (name === undefined) push(raw.charAt(at), at, end);
    else {
      const value = lookup(name) ?? (serviceVariable.test(name) ? { text: `$(${name})`, unresolved: [name] } : undefined);
      const from = out.text.length;
      push(value?.text ?? raw.slice(at, end), at, end);
      for (const unknown of value?.unresolved ?? []) out.references.push({ name: unknown, start: from, end: out.text.length });
    }
    at = end;
  }
  return out;
}

/** Writes a value for a pod field so that the kubelet hands exactly it to the process; the named references stay live. */
export function escapeReferences(value: string, references: readonly string[] = []): string {
  return value.replaceAll(/(\$+)(?=(?:\(([^)]*)\))?)/g, (dollars: string, _run: string, name: string | undefined) => {
    if (name !== undefined && references.includes(name)) return '$'.repeat(2 * dollars.length - 1);
    return dollars.length === 1 && name === undefined ? dollars : dollars.repeat(2);
  });
}

/** Names of references in a value of an effective env that stand for values not known here (their own value is `$(NAME)`). */
export function liveReferences(value: string, env: { readonly [name: string]: string }): readonly string[] {
  const names = [...value.matchAll(/\$\(([^)]*)\)/g)].map((match) => match[1] ?? '');
  return [...new Set(names.filter((name) => env[name] === `$(${name})` || (env[name] === undefined && serviceVariable.test(name))))];
}
