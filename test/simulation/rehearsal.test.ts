import { describe, expect, it } from 'vitest';
import { runRehearse } from '../../src/cli/commands/run-rehearse.ts';
import { fakeWiring, type FakeWiring } from '../../src/cli/fake-wiring.ts';
import type { CliOptions } from '../../src/cli/invocation.ts';
import type { RunEvent } from '../../src/core/rollout/event.ts';
import { openRehearsal } from '../../src/main/open-rehearsal.ts';

describe('changeover rehearse', () => {
  it('tells a whole migration, with a rollback, a decision, a kill and a resume, and says on every line that it is simulated', async () => {
    const { code, out } = await rehearse({ seed: 1 });

    expect(code).toBe(0);
    expect(out).toMatch(/halted: a workload failed/);
    expect(out).toMatch(/rolled back/);
    expect(out).toMatch(/changeover exclude logistics\/Deployment\//);
    expect(out).toMatch(/kill -9/);
    expect(out).toMatch(/resumed/);
    expect(out).toMatch(/Next, on a real cluster/);
    expect(
      out
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('simulated │ ')),
    ).toEqual([]);
  });

  it('says on every screen of a terminal that it is simulated', async () => {
    const { code, out } = await rehearse({ seed: 1, tty: true });
    const screens = out.split('\x1b[?2026h').slice(1);

    expect(code).toBe(0);
    expect(screens.length).toBeGreaterThan(100);
    expect(screens.filter((screen) => !screen.includes('simulated'))).toEqual([]);
  });

  it('is nothing but events with -o json, the same for the same seed', async () => {
    const first = await rehearse({ seed: 3, output: 'json' });
    const again = await rehearse({ seed: 3, output: 'json' });
    const events = first.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEvent & { readonly simulated: boolean });

    expect(first.code).toBe(0);
    expect(events.every((event) => event.kind === 'Event' && event.simulated)).toBe(true);
    expect(events.filter((event) => event.type === 'run.started').map((event) => event.type === 'run.started' && event.resumed)).toEqual([false, true, true]);
    expect(events.at(-1)).toMatchObject({ type: 'run.finished', phase: 'COMPLETED', counts: { 'rolled-back': 1, failed: 0, 'not-run': 0 } });
    expect(again.out).toBe(first.out);
  });

  it('ends with 130 when it is interrupted', async () => {
    const fake = wiring(false);

    const ending = runRehearse({ wiring: fake.wiring, args: [], options: options({ seed: 1 }) });
    while (!fake.out().includes('batch 1 of')) await new Promise((resolve) => setImmediate(resolve));
    fake.interrupt();

    expect(await ending).toBe(130);
    expect(fake.out()).toMatch(/Interrupted/);
  });
});

interface Wish {
  readonly seed: number;
  readonly output?: 'json';
  readonly tty?: boolean;
}

async function rehearse(wish: Wish): Promise<{ readonly code: number; readonly out: string }> {
  const fake = wiring(wish.tty ?? false);
  const code = await runRehearse({ wiring: fake.wiring, args: [], options: options(wish) });
  return { code, out: fake.out() };
}

/** Nobody watches a test: no real time is waited for. */
function wiring(tty: boolean): FakeWiring {
  return fakeWiring({ tty, columns: 120, wiring: { openRehearsal: ({ seed }) => openRehearsal({ seed, paced: false }) } });
}

function options({ seed, output = 'table' as const }: Omit<Wish, 'output'> & { readonly output?: CliOptions['output'] }): CliOptions {
  return { output, color: false, stateNamespace: 'changeover', seed };
}
