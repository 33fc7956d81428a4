import type { Finding } from '../finding.ts';
import { absolutePath } from './absolute-path.ts';
import { optionIndexes, programIndex } from './java-arguments.ts';
import type { JvmOption } from './jvm-option.ts';
import { optionAt } from './option-origin.ts';
import { tokenize } from './tokenize.ts';

const VM_OPTIONS_FILE = '-XX:VMOptionsFile=';

export interface FileAccess {
  readonly imageText: (path: string) => string | undefined;
  readonly workingDir: string;
  /** Takes `option-file-unread` for files that cannot be read. */
  readonly findings: Finding[];
}

/**
 * Puts the contents of option files where they are named: `@file` on a `java` command line or in JDK_JAVA_OPTIONS, and
 * `-XX:VMOptionsFile=`. What follows a file that names the program belongs to the program.
 */
export function expandOptionFiles(options: readonly JvmOption[], access: FileAccess): readonly JvmOption[] {
  const expanded: JvmOption[] = [];
  for (const option of options) {
    // `@@x` is the argument `@x`, a lone `@` is itself.
    const isArgfile = /^@[^@]/.test(option.text) && option.carrier !== 'JAVA_TOOL_OPTIONS' && option.carrier !== '_JAVA_OPTIONS';
    if (!isArgfile) expanded.push(option);
    if (!isArgfile && !option.text.startsWith(VM_OPTIONS_FILE)) continue;
    const named = isArgfile ? option.text.slice(1) : option.text.slice(VM_OPTIONS_FILE.length);
    const { options: inside, endsWithProgram } = readFile(absolutePath(named, access.workingDir), isArgfile ? 'argfile' : 'tool-options', access);
    expanded.push(...inside);
    if (endsWithProgram) break;
  }
  return expanded;
}

function readFile(
  path: string,
  syntax: 'argfile' | 'tool-options',
  { imageText, findings }: FileAccess,
): { readonly options: readonly JvmOption[]; readonly endsWithProgram: boolean } {
  const text = imageText(path);
  if (text === undefined) {
    findings.push({ id: 'option-file-unread', severity: 'warn', params: { path } });
    return { options: [], endsWithProgram: false };
  }
  const { tokens, problem } = tokenize(text, syntax);
  if (problem !== undefined) findings.push({ id: problem, severity: 'block', params: { variable: path } });
  const texts = tokens.map((token) => token.text);
  const origin = { carrier: 'args', source: { kind: 'image-file', path }, syntax } as const;
  return {
    options: optionIndexes(texts)
      .flatMap((index) => tokens[index] ?? [])
      .map((token) => optionAt(origin, token)),
    endsWithProgram: programIndex(texts) < tokens.length,
  };
}
