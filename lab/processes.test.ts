import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { findMarked, identify, isRunning, stopProcesses } from './processes.ts';

describe.skipIf(process.platform !== 'linux')('processes of the lab', () => {
  it('stops a process by pid and start time', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    const identity = identify(child.pid ?? 0);
    const ended = once(child, 'exit');

    await stopProcesses(identity === undefined ? [] : [identity], 1_000);

    expect(await ended).toEqual([null, 'SIGTERM']);
  });

  it('leaves a process alone that has the pid of a recorded one and another start time', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    const stale = { pid: child.pid ?? 0, startTime: '1' };

    await stopProcesses([stale], 100);
    const alive = identify(stale.pid) !== undefined;
    child.kill();

    expect(alive).toBe(true);
  });

  it('takes for its own only what carries its mark', async () => {
    const ours = spawn('sleep', ['60'], { stdio: 'ignore', env: { ...process.env, CHANGEOVER_LAB_RUN: '/nowhere' } });
    const foreign = spawn('sleep', ['60'], { stdio: 'ignore' });
    await Promise.all([once(ours, 'spawn'), once(foreign, 'spawn')]);
    const [identity, other] = [ours, foreign].map((child) => identify(child.pid ?? 0));

    const marked = findMarked().map((found) => found.pid);
    const running = [identity, other].map((candidate) => candidate !== undefined && isRunning(candidate));
    ours.kill();
    foreign.kill();

    expect(marked).toContain(ours.pid);
    expect(marked).not.toContain(foreign.pid);
    expect(running).toEqual([true, false]);
  });
});
