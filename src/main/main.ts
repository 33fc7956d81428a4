import { runCli } from '../cli/run-cli.ts';
import { createWiring } from './create-wiring.ts';
import { openTerminal } from './terminal.ts';

const terminal = openTerminal(process);
const code = await runCli(process.argv.slice(2), createWiring(terminal));
const lost = await terminal.flush();
if (lost) terminal.stderr.write(`error: standard output could not be written: ${lost.message}\nfix: Make room, or write elsewhere.\n`);
// Whatever still waits (an idle connection, a timer) must not hold the shell.
process.exit(lost ? 2 : code);
