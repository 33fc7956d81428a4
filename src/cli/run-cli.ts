import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ChangeoverError } from '../core/error.ts';
import { commands, globalOptions, laterCommands } from './command-list.ts';
import type { CommandGroup, CommandSpec, OptionSpec } from './command-spec.ts';
import { exitCodeOfError, type ExitCode } from './exit-code.ts';
import { listenForInterrupts, rememberInterrupts } from './interrupts.ts';
import type { CliOptions } from './invocation.ts';
import { painter, wantsColor } from './render/paint.ts';
import { reportError } from './report-error.ts';
import type { Wiring } from './wiring.ts';

/** Time a command has to put the terminal and its Lease in order after the second interrupt. Milliseconds. */
const LEAVE_MS = 1_000;

const startHere = `
Start here:
  changeover rehearse    a whole migration, simulated; needs no cluster
  changeover scan -A     what runs in your cluster; changes nothing

\`changeover COMMAND --help\` explains a command, with its options and examples.
Exit codes: 0 done, 2 wrong usage or file, 3 a person must decide, 4 a rollback
failed, 5 the plan does not fit, 6 no access, 130 interrupted, 1 our bug.`;

/**
 * Runs one command line (without `node` and the program's name) and returns the exit code; every error is reported here.
 * A second interrupt ends it even when the command does not.
 */
export async function runCli(argv: readonly string[], wiring: Wiring): Promise<ExitCode> {
  const interrupts = listenForInterrupts(wiring);
  const killed = new Promise<'killed'>((resolve) => interrupts.kill.addEventListener('abort', () => resolve('killed')));
  const running = runCommandLine(argv, { ...wiring, onInterrupt: rememberInterrupts(wiring) });
  try {
    const first = await Promise.race([running, killed]);
    if (first !== 'killed') return first;
    const last = await Promise.race([running, wiring.clock.sleep(LEAVE_MS).then(() => undefined)]);
    if (last === undefined) reportError(wiring, leftAtOnce(), { color: false, verbose: false });
    return 130;
  } finally {
    interrupts.dispose();
  }
}

async function runCommandLine(argv: readonly string[], wiring: Wiring): Promise<ExitCode> {
  let code: ExitCode = 0;
  const program = buildProgram(wiring, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === 'commander.help') return 2;
    reportError(wiring, error, { color: !argv.includes('--no-color'), verbose: argv.includes('-v') || argv.includes('--verbose') });
    return exitCodeOfError(error);
  }
}

function buildProgram(wiring: Wiring, done: (code: ExitCode) => void): Command {
  const { stdout, stderr, env, version } = wiring;
  const program = new Command('changeover')
    .description('Move a whole fleet of JVM services on Kubernetes from one tracing agent to another: no rebuild, no broken trace, a way back at every moment.')
    .usage('COMMAND [options]')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: () => undefined, // said by reportError, in the one form all errors have
      getOutHelpWidth: () => stdout.columns,
      getErrHelpWidth: () => stderr.columns,
      getOutHasColors: () => wantsColor(stdout, true, env),
      getErrHasColors: () => wantsColor(stderr, true, env),
    })
    .configureHelp({ showGlobalOptions: true, styleTitle })
    .exitOverride(asUsage('changeover'));
  for (const option of globalOptions) program.addOption(makeOption(option));
  for (const spec of commands) addCommand(program, spec, { path: 'changeover', wiring, done });
  for (const name of laterCommands) addLater(program, `changeover ${name}`, version);
  // Set last: the commands made above keep the help that lists all options.
  return program.configureHelp(helpOfCommands).addHelpText('after', startHere);
}

/** Help over several commands: their names, and no options. */
const helpOfCommands = { styleTitle, showGlobalOptions: false, visibleOptions: () => [], subcommandTerm: (command: Command) => command.name() };

interface CommandPlace {
  /** What comes before the command's name. */
  readonly path: string;
  readonly wiring: Wiring;
  readonly done: (code: ExitCode) => void;
}

function addCommand(parent: Command, spec: CommandSpec | CommandGroup, place: CommandPlace): void {
  const path = `${place.path} ${spec.name}`;
  const command = parent
    .command(spec.name)
    .description(spec.text)
    .helpOption('-h, --help', 'show help')
    .helpGroup(`${spec.group ?? 'Commands'}:`)
    .exitOverride(asUsage(path))
    .addHelpText('after', `\nExamples:\n${spec.examples.map((example) => `  ${example}`).join('\n')}`);
  if ('commands' in spec) fillGroup(command, spec, { ...place, path });
  else fillCommand(command, spec, place);
}

function fillGroup(command: Command, spec: CommandGroup, place: CommandPlace): void {
  command.usage('COMMAND [options]').helpCommand(false);
  for (const each of spec.commands) addCommand(command, each, place);
  for (const name of spec.later) addLater(command, `${place.path} ${name}`, place.wiring.version);
  command.configureHelp(helpOfCommands);
}

function fillCommand(command: Command, spec: CommandSpec, { wiring, done }: CommandPlace): void {
  command.usage([...(spec.args ?? []).map((arg) => arg.name), '[options]'].join(' '));
  for (const arg of spec.args ?? []) command.argument(arg.name, arg.text);
  for (const option of spec.options) command.addOption(makeOption(option));
  command.action(async () => {
    const execute = await spec.load();
    done(await execute({ wiring, args: command.args, options: command.optsWithGlobals<CliOptions>() }));
  });
}

function addLater(parent: Command, path: string, version: string): void {
  parent
    .command(path.slice(path.lastIndexOf(' ') + 1), { hidden: true })
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new ChangeoverError('usage', `\`${path}\` is not part of version ${version} yet`, { hint: 'Run `changeover --help` for what is.' });
    });
}

function styleTitle(title: string): string {
  return painter(true)('strong', title); // the parser takes colour away where there is no terminal
}

function makeOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.text);
  if (spec.choices) option.choices(spec.choices);
  if (spec.value !== undefined) option.default(spec.value);
  if (spec.collect === 'list') option.argParser((value, previous: readonly string[] | undefined) => [...(previous ?? []), value]);
  if (spec.collect === 'integer') option.argParser(parseInteger);
  return option;
}

function parseInteger(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(value);
}

/** Turns the parser's complaints into errors like all others; its help and version pass. */
function asUsage(command: string): (error: CommanderError) => never {
  return (error) => {
    if (error.exitCode === 0 || error.code === 'commander.help') throw error;
    const [message = '', meant] = error.message.replace(/^error: /, '').split('\n');
    const hint = meant === undefined ? `Run \`${command} --help\`.` : `${meant.replace(/^\(|\)$/g, '')} See \`${command} --help\`.`;
    throw new ChangeoverError('usage', message, { hint });
  };
}

function leftAtOnce(): ChangeoverError {
  return new ChangeoverError('aborted', 'left at once, as asked twice; what is in flight is not watched any more', {
    hint: 'Run the same command again: it resumes where this one stopped.',
  });
}
