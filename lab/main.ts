import { join } from 'node:path';
import { Command, Option } from 'commander';
import { buildLab } from './build.ts';
import { takeDown } from './down.ts';
import { bringUpFleets, fleets } from './fleet/bring-up-fleet.ts';
import { isLabBuilt, lab } from './lab.ts';
import { withMachineLock } from './machine-lock.ts';
import { paths } from './paths.ts';
import { printStatus } from './status.ts';
import { bringUp } from './up.ts';

const started = performance.now();

const program = new Command('lab').description(
  'A real one-node Kubernetes with real agents, for end-to-end tests. Needs root on Debian 12; see lab/README.md.',
);

program
  .command('build')
  .description('make everything the lab is made of (minutes when cold, a second when cached)')
  .action(async () => await withMachineLock(async () => await buildLab(say)));

program
  .command('up')
  .description('start the lab, after taking down what an earlier run left')
  .option('--control-plane', 'only etcd, API server, controller manager and registry')
  .action(async (options: { controlPlane?: boolean }) => {
    await withMachineLock(async () => await bringUp(options.controlPlane === true ? 'control-plane' : 'full', say));
    say('up. Next: npm run lab -- fleet, npm run lab -- status');
  });

program
  .command('fleet')
  .description('create the namespaces shop and store with their services and wait until all are ready')
  .addOption(new Option('--only <namespace>', 'one of them').choices(fleets.map((fleet) => fleet.namespace)))
  .option('--fresh', 'delete the namespaces first')
  .action(async (options: { only?: string; fresh?: boolean }) => {
    const wanted = fleets.filter((fleet) => options.only === undefined || fleet.namespace === options.only);
    await withMachineLock(async () => await bringUpFleets(wanted, { fresh: options.fresh === true, say }));
  });

program
  .command('down')
  .description('stop everything and remove what the lab left on the machine')
  .action(async () => {
    await withMachineLock(takeDown);
    say('down');
  });

program
  .command('status')
  .description('what runs, and where')
  .addOption(new Option('-o, --output <format>').choices(['table', 'json']).default('table'))
  .action(async (options: { output: 'table' | 'json' }) => await printStatus(options.output));

program
  .command('built')
  .description('exit 0 when everything the lab is made of is there, 1 otherwise')
  .action(() => {
    process.exitCode = isLabBuilt() ? 0 : 1;
  });

program
  .command('env')
  .description('as JSON, the variables by which tests find the lab')
  .action(() => {
    process.stdout.write(`${JSON.stringify({ CHANGEOVER_LAB_KUBECONFIG: lab.adminKubeconfig, CHANGEOVER_LAB_JAEGER: join(paths.bin, 'jaeger') })}\n`);
  });

try {
  await program.parseAsync();
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = 1;
}

function say(line: string): void {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
}
