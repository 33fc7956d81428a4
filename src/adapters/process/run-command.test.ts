import { describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';

const node = (script: string): readonly string[] => [process.execPath, '-e', script];

describe('running a program', () => {
  it('tells its exit code and its last words, and passes words on as they are', async () => {
    const ended = await runCommand([...node('console.log(process.argv[1]); console.error("no key"); process.exit(3)'), '$(id); a b'], { timeoutMs: 20_000 });

    expect(ended).toMatchObject({ exitCode: 3, timedOut: false });
    expect(ended.output).toContain('$(id); a b');
    expect(ended.output).toContain('no key');
  });

  it('keeps the end of a long output', async () => {
    const ended = await runCommand(node('process.stdout.write("x".repeat(1e6) + "last", () => process.exit(1))'), { timeoutMs: 20_000 });

    expect(ended.output.length).toBeLessThanOrEqual(16 * 1024);
    expect(ended.output.endsWith('last')).toBe(true);
  });

  it('ends one that takes too long, with what it started', async () => {
    const child = 'setInterval(() => {}, 1000)';
    const parent = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], {stdio: "inherit"}); ${child}`;

    const ended = await runCommand(node(parent), { timeoutMs: 300 });

    expect(ended).toMatchObject({ exitCode: null, timedOut: true });
  });

  it('says that there is no such program', async () => {
    await expect(runCommand(['no-such-program-of-ours'], { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'usage', target: 'no-such-program-of-ours' });
  });

  it('stops when it is told to', async () => {
    const signal = AbortSignal.timeout(300);

    await expect(runCommand(node('setInterval(() => {}, 1000)'), { timeoutMs: 20_000, signal })).rejects.toMatchObject({ code: 'aborted' });
  });
});
