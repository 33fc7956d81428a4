import type { TokenProblem } from './token.ts';
import { tokenizeShellWords, type ShellToken } from './tokenize-shell-words.ts';

/** One simple command of a script, without keywords and redirections. */
export interface ShellCommand {
  readonly words: readonly ShellToken[];
  /** It stands in a branch, a loop or behind `&&`/`||`: it may not run. */
  readonly conditional: boolean;
}

const opening = new Set(['if', 'case', 'for', 'while', 'until']);
const closing = new Set(['fi', 'esac', 'done']);
const keywords = new Set([...opening, ...closing, 'then', 'elif', 'else', 'do', '{', '}', '!', 'in']);

/** The commands of a shell script in the order they are written. Functions count as run where they are defined. */
export function shellCommands(text: string): { readonly commands: readonly ShellCommand[]; readonly problem?: TokenProblem } {
  const { tokens, problem } = tokenizeShellWords(text);
  const commands: ShellCommand[] = [];
  let depth = 0;
  let chained = false;
  for (const { words, endedBy } of split(tokens)) {
    let first = 0;
    for (; first < words.length; first += 1) {
      const word = words[first];
      if (!word || word.quoted || !keywords.has(word.text)) break;
      if (opening.has(word.text)) depth += 1;
      if (closing.has(word.text)) depth -= 1;
    }
    if (first < words.length) commands.push({ words: words.slice(first), conditional: depth > 0 || chained });
    chained = endedBy === '&&' || endedBy === '||';
  }
  return problem === undefined ? { commands } : { commands, problem };
}

function split(tokens: readonly ShellToken[]): readonly { readonly words: readonly ShellToken[]; readonly endedBy: string }[] {
  const commands: { words: ShellToken[]; endedBy: string }[] = [{ words: [], endedBy: '' }];
  let skip = false;
  for (const token of tokens) {
    const current = commands.at(-1);
    if (token.operator === 'separator') {
      if (current) current.endedBy = token.text;
      commands.push({ words: [], endedBy: '' });
    } else if (token.operator === undefined && !skip) current?.words.push(token);
    skip = token.operator === 'redirect';
  }
  return commands;
}
