import { describe, expect, it } from 'vitest';
import { intercept } from './intercept.ts';

describe('intercept', () => {
  it('drops a call before it takes effect, and loses an answer after it did', async () => {
    let effects = 0;
    const port = { write: async () => (effects += 1) };
    const fail = (): void => {
      throw new Error('lost');
    };

    const before = intercept('port', port, { before: fail }).write();
    const after = intercept('port', port, { after: fail }).write();

    await expect(before).rejects.toThrow('lost');
    await expect(after).rejects.toThrow('lost');
    expect(effects).toBe(1);
  });

  it('counts calls and names them, and leaves synchronous methods alone', async () => {
    const seen: string[] = [];
    const port = intercept('clock', { now: () => 5, sleep: async (_ms: number) => undefined }, { before: (call) => void seen.push(`${call.port}.${call.method} ${call.count} ${String(call.args[0])}`) });

    await port.sleep(7);
    await port.sleep(8);

    expect([port.now(), seen]).toEqual([5, ['clock.sleep 1 7', 'clock.sleep 2 8']]);
  });
});
