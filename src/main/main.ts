import { runCli } from '../cli/run-cli.ts';
import { createWiring } from './create-wiring.ts';
import { openTerminal } from './terminal.ts';

const terminal = openTerminal(process);
const code = await runCli(process.argv.slice(2), createWiring(terminal));
await terminal.flush();
// Whatever still waits (an idle connection, a timer) must not hold the shell.
process.exit(code);
