import type { JvmOption } from '../jvm/jvm-option.ts';
import { meansOption, optionNames } from '../jvm/option-name.ts';
import type { Policy } from '../policy/policy.ts';

/** What happens to an option that is there; `null` = it goes. */
export interface OptionChange {
  readonly option: JvmOption;
  readonly after: string | null;
}

/**
 * What a policy changes of a JVM's options, given in the JVM's order: those that are replaced or removed, and those that are not there yet. Where an option
 * is there more than once, the last is the one the JVM listens to; of other garbage collectors none may stay. Pure.
 */
export function optionsWanted(
  options: readonly JvmOption[],
  { add, remove, replace }: Policy['to']['jvmOptions'],
): { readonly changes: readonly OptionChange[]; readonly added: readonly string[] } {
  const replaced = options.map((option): OptionChange => ({ option, after: textAfter(option.text, { remove, replace }) }));
  const added: string[] = [];
  const tuned = add.reduce((changes, wanted) => {
    const own = optionNames(wanted);
    const rivals = changes.filter(({ after }) => after !== null && optionNames(after).some((name) => own.includes(name)));
    const winner = rivals.findLast(({ after }) => optionNames(after ?? '')[0] === own[0]) ?? rivals.at(-1);
    if (!winner) added.push(wanted);
    return changes.map((change) => {
      if (change === winner) return { ...change, after: wanted };
      return rivals.includes(change) && excludes(wanted, change.after ?? '') ? { ...change, after: null } : change;
    });
  }, replaced);
  return { changes: tuned.filter(({ option, after }) => after !== option.text), added };
}

function textAfter(text: string, { remove, replace }: Pick<Policy['to']['jvmOptions'], 'remove' | 'replace'>): string | null {
  if (remove.some((wanted) => meansOption(wanted, text))) return null;
  // A whole option says more than its bare name.
  const [, after] = Object.entries(replace).find(([from]) => from === text) ?? Object.entries(replace).find(([from]) => meansOption(from, text)) ?? [];
  return after ?? text;
}

/** Both choose a garbage collector, and not the same. */
function excludes(wanted: string, other: string): boolean {
  const [own, collector] = optionNames(wanted);
  const [name, also] = optionNames(other);
  return collector !== undefined && also === collector && name !== own;
}
