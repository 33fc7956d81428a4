import { describe, expect, it } from 'vitest';
import { ChangeoverError } from '../core/error.ts';
import { commands, laterCommands } from './command-list.ts';
import { fakeWiring } from './fake-wiring.ts';
import { runCli } from './run-cli.ts';

describe('runCli', () => {
  it('prints its version to standard output', async () => {
    const { wiring, out } = fakeWiring();

    const code = await runCli(['--version'], wiring);

    expect(code).toBe(0);
    expect(out()).toBe('1.2.3\n');
  });

  it('lists every command in its help', async () => {
    const { wiring, out } = fakeWiring();

    const code = await runCli(['--help'], wiring);

    expect(code).toBe(0);
    for (const { name } of commands) expect(out()).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(out()).not.toContain('undefined');
  });

  it('shows the help on standard error when no command is given, as wrong usage', async () => {
    const { wiring, out, err } = fakeWiring();

    const code = await runCli([], wiring);

    expect(code).toBe(2);
    expect(out()).toBe('');
    expect(err()).toContain('Usage: changeover COMMAND');
  });

  it.each(commands.map((command) => command.name))('explains %s with an example', async (name) => {
    const { wiring, out } = fakeWiring();

    const code = await runCli([name, '--help'], wiring);

    expect(code).toBe(0);
    expect(out()).toContain(`Usage: changeover ${name}`);
    expect(out()).toContain(`Examples:\n  changeover ${name}`);
  });

  it.each([
    [['plann'], "unknown command 'plann'", 'Did you mean plan?'],
    [['plan', '--polcy', 'x'], "unknown option '--polcy'", 'Did you mean --policy?'],
    [['scan', '-o', 'xml'], 'Allowed choices are table, json, yaml', '--help'],
    [['retry'], "missing required argument 'workload'", 'changeover retry --help'],
    [['status', 'extra'], 'too many arguments', 'changeover status --help'],
    [['rehearse', '--seed', 'x'], 'must be a whole number', 'changeover rehearse --help'],
  ])('refuses %j as wrong usage and says what to do', async (argv, message, fix) => {
    const { wiring, out, err } = fakeWiring();

    const code = await runCli(argv, wiring);

    expect(code).toBe(2);
    expect(out()).toBe('');
    expect(err()).toContain(`error: `);
    expect(err()).toContain(message);
    expect(err()).toMatch(new RegExp(`^fix: .*${fix.replaceAll('?', '\\?')}`, 'm'));
  });

  it.each(laterCommands)('says that %s is not there yet, whatever its options', async (name) => {
    const { wiring, err } = fakeWiring();

    const code = await runCli([name, 'x', '--some', 'option'], wiring);

    expect(code).toBe(2);
    expect(err()).toContain(`\`changeover ${name}\` is not part of version 1.2.3 yet`);
  });

  it('takes options of every command before and after the command', async () => {
    const seen: unknown[] = [];
    const openCluster = async (connection: unknown): Promise<never> => {
      seen.push(connection);
      throw new ChangeoverError('unreachable', 'no answer');
    };
    const { wiring } = fakeWiring({ wiring: { openCluster } });

    await runCli(['--context', 'a', 'status', '--as', 'b'], wiring);

    expect(seen).toEqual([{ context: 'a', as: 'b' }]);
  });

  it('reports an error with its place and its fix, and its cause when asked', async () => {
    const openCluster = async (): Promise<never> => {
      throw new ChangeoverError('unreachable', 'the API server does not answer', {
        target: 'https://10.0.0.1',
        hint: 'Check the network.',
        cause: new Error('connect ECONNREFUSED'),
      });
    };
    const short = fakeWiring({ wiring: { openCluster } });
    const long = fakeWiring({ wiring: { openCluster } });

    const code = await runCli(['status'], short.wiring);
    await runCli(['status', '-v'], long.wiring);

    expect(code).toBe(6);
    expect(short.err()).toBe('error: the API server does not answer\nwhere: https://10.0.0.1\nfix: Check the network.\n');
    expect(long.err()).toContain('cause: Error: connect ECONNREFUSED');
  });

  it('owns up to a bug and masks what must not leak', async () => {
    const openCluster = async (): Promise<never> => {
      throw new TypeError('cannot read password=hunter2 \u001B[31m');
    };
    const { wiring, err } = fakeWiring({ wiring: { openCluster } });

    const code = await runCli(['status'], wiring);

    expect(code).toBe(1);
    expect(err()).toContain('a bug of ours');
    expect(err()).toContain('Please report it');
    expect(err()).not.toContain('hunter2');
    expect(err()).not.toContain('\u001B');
  });

  it('leaves at the second interrupt even when a command hangs', async () => {
    const fake = fakeWiring({
      wiring: {
        openCluster: async () => {
          throw new ChangeoverError('usage', 'not reached');
        },
        readTextFile: () => new Promise(() => undefined),
      },
    });

    const running = runCli(['plan', '-p', 'policy.yaml'], fake.wiring);
    fake.interrupt();
    fake.interrupt();

    expect(await running).toBe(130);
    expect(fake.err()).toContain('Run the same command again: it resumes');
  });
});
