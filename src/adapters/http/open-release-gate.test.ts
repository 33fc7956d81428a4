import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openReleaseGate } from './open-release-gate.ts';

const question = { run: 'r', batch: 1, workload: 'shop/Deployment/a', planHash: 'h' };
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function gate(listener: RequestListener, timeoutMs = 5_000): Promise<{ readonly url: string; readonly timeoutMs: number }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/gate?key=s3cret`, timeoutMs };
}

const answering =
  (status: number, body: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status).end(body);

describe('a release gate', () => {
  it('is told run, batch, workload and plan as JSON in a POST', async () => {
    let received = '';
    const open = await gate((incoming, response) => {
      received = `${incoming.method} ${incoming.url} `;
      incoming.on('data', (chunk: Buffer) => (received += chunk.toString()));
      incoming.on('end', () => response.end('{"answer": "allow"}'));
    });

    expect(await openReleaseGate().ask(open, question)).toEqual({ answer: 'allow', reason: '' });
    expect(received).toBe(`POST /gate?key=s3cret ${JSON.stringify(question)}`);
  });

  it.each(['deny', 'wait'] as const)('may %s with a reason', async (answer) => {
    const open = await gate(answering(200, JSON.stringify({ answer, reason: 'release 7 is out', other: 1 })));

    expect(await openReleaseGate().ask(open, question)).toEqual({ answer, reason: 'release 7 is out' });
  });

  it.each<[string, RequestListener, string]>([
    ['an error', answering(500, '{"answer": "allow"}'), 'answers 500'],
    ['another word', answering(200, '{"answer": "yes"}'), 'answers neither allow, deny nor wait'],
    ['no JSON', answering(200, 'allow'), 'answers no JSON'],
    ['too long an answer', answering(200, `{"answer": "allow", "reason": "${'x'.repeat(70_000)}"}`), 'more than 64 KiB'],
  ])('is not taken to allow anything by %s', async (_what, listener, message) => {
    const asking = openReleaseGate().ask(await gate(listener), question);

    await expect(asking).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining(message) });
    await expect(asking).rejects.not.toThrow('s3cret');
  });

  it('follows no redirect', async () => {
    let followed = false;
    const target = await gate((_request, response) => {
      followed = true;
      response.end('{"answer": "allow"}');
    });
    const open = await gate((_request, response) => void response.writeHead(307, { location: target.url }).end());

    await expect(openReleaseGate().ask(open, question)).rejects.toThrow('answers 307');
    expect(followed).toBe(false);
  });

  it('that does not answer in time, or is not there, is unreachable; an interrupt is an interrupt', async () => {
    const silent = await gate(() => undefined, 50);

    await expect(openReleaseGate().ask(silent, question)).rejects.toThrow('does not answer within');
    await expect(openReleaseGate().ask({ url: 'http://127.0.0.1:1/', timeoutMs: 5_000 }, question)).rejects.toMatchObject({ code: 'unreachable' });
    await expect(openReleaseGate().ask({ ...silent, timeoutMs: 5_000 }, question, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
  });
});
