import type { CommandSpec } from './command-spec.ts';

/** Commands by which people let a run happen. */
export const clearanceCommands: readonly CommandSpec[] = [
  {
    name: 'approve',
    group: 'Move the fleet',
    text: "record in the cluster that you approve exactly this plan, or one owner's slice of it",
    args: [{ name: '<plan.json>', text: 'the file written by `changeover plan --out`' }],
    options: [{ flags: '--owner <name>', text: 'the slice of this owner (spec.owners.label); left out = the plan as a whole' }],
    examples: ['changeover approve plan.json --owner payments', 'changeover approve plan.json --yes'],
    load: async () => (await import('./commands/run-approve.ts')).runApprove,
  },
  {
    name: 'unlock',
    group: 'Decide',
    text: 'take a run from an instance that is dead; refused while that one still renews its Lease',
    args: [{ name: '<run>', text: 'name of the run, as `changeover status` and `changeover history` show it' }],
    options: [{ flags: '--reason <text>', text: 'why, for the record (required)' }],
    examples: ['changeover unlock sw-to-otel-20261103-100000 --reason "laptop lost"'],
    load: async () => (await import('./commands/run-unlock.ts')).runUnlock,
  },
];
