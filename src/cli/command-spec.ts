import type { ExitCode } from './exit-code.ts';
import type { Invocation } from './invocation.ts';

type Run = (invocation: Invocation) => Promise<ExitCode>;

export interface OptionSpec {
  readonly flags: string;
  readonly text: string;
  /** How the raw text becomes the value: `list` gathers repetitions. */
  readonly collect?: 'list' | 'integer';
  readonly choices?: readonly string[];
  /** Value when the option is not given. */
  readonly value?: string;
}

/** A command as the help shows it. Its code is loaded only when it runs, so that the help stays fast. */
export interface CommandSpec {
  readonly name: string;
  /** Heading in the help; commands of a `CommandGroup` have none. */
  readonly group?: 'See and plan' | 'Move the fleet' | 'Decide' | 'Try it';
  readonly text: string;
  readonly args?: readonly { readonly name: string; readonly text: string }[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly string[];
  readonly load: () => Promise<Run>;
}

/** Commands under one name: `changeover image inspect`. */
export interface CommandGroup extends Pick<CommandSpec, 'name' | 'group' | 'text' | 'examples'> {
  readonly commands: readonly CommandSpec[];
  /** Promised and not built yet. */
  readonly later: readonly string[];
}
