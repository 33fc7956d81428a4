import type { CommandSpec } from './command-spec.ts';

/** Commands for the time after a run, and about runs that were. */
export const aftercareCommands: readonly CommandSpec[] = [
  {
    name: 'report',
    group: 'Move the fleet',
    text: 'what became of every workload of a run, why, and what people must do by hand',
    options: [
      { flags: '--by <group>', text: "group by the policy's owners.label", choices: ['owner'] },
      { flags: '--format <format>', text: 'for a ticket or a spreadsheet', choices: ['md', 'csv'] },
    ],
    examples: ['changeover report --by owner', 'changeover report --by owner --format md > report.md', 'changeover report -o json'],
    load: async () => (await import('./commands/run-report.ts')).runReport,
  },
  {
    name: 'history',
    group: 'Move the fleet',
    text: 'every run of this cluster: when, by whom, why, with what result',
    options: [],
    examples: ['changeover history', 'changeover history -o json'],
    load: async () => (await import('./commands/run-report.ts')).runHistory,
  },
  {
    name: 'drift',
    group: 'Move the fleet',
    text: "what is no longer, or newly, to be migrated, by the run's policy; changes nothing",
    options: [{ flags: '--no-layer-scan', text: 'read no image layers: faster, and an agent that is named in a script alone is not seen' }],
    examples: ['changeover drift', 'changeover drift -n shop -o json'],
    load: async () => (await import('./commands/run-drift.ts')).runDrift,
  },
  {
    name: 'finish',
    group: 'Move the fleet',
    text: 'end the way back of a run that has ended, after saying what becomes irreversible; restarts nothing',
    args: [{ name: '[workload...]', text: 'a workload as namespace/kind/name; none = every workload of the run' }],
    options: [],
    examples: ['changeover finish --run skywalking-to-otel-20261103-090000', 'changeover finish shop/Deployment/orders --yes'],
    load: async () => (await import('./commands/run-finish.ts')).runFinish,
  },
];
