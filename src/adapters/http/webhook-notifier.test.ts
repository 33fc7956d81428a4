import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { NotifyRule } from '../../core/policy/policy.ts';
import { webhookNotifier } from './webhook-notifier.ts';

const rule: NotifyRule = { kind: 'webhook', urlFrom: 'env:HOOK', on: ['halt', 'done'] };
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

describe('a webhook', () => {
  it('gets the notice as JSON in a POST', async () => {
    const server = await receiver([{ status: 204 }]);

    await server.notifier.send(rule, { kind: 'Event', owners: ['team-a'] });

    expect(server.received).toEqual([{ method: 'POST', path: '/hook?key=s3cret', type: 'application/json', body: { kind: 'Event', owners: ['team-a'] } }]);
  });

  it('is tried again as it asks, three times at most', async () => {
    const well = await receiver([{ status: 503, retryAfter: '7' }, { status: 500 }, { status: 200 }]);
    const ill = await receiver([{ status: 503 }, { status: 503 }, { status: 503 }, { status: 200 }]);

    await well.notifier.send(rule, {});
    await expect(ill.notifier.send(rule, {})).rejects.toMatchObject({ code: 'unreachable', message: 'the webhook in HOOK answers 503' });

    expect([well.received.length, well.waits]).toEqual([3, [7_000, 2_000]]);
    expect([ill.received.length, ill.waits]).toEqual([3, [1_000, 2_000]]);
  });

  it('that will not have it, or sends it elsewhere, is asked once', async () => {
    const refusing = await receiver([{ status: 404 }]);
    const redirecting = await receiver([{ status: 302, location: 'http://127.0.0.1:1/' }]);

    await expect(refusing.notifier.send(rule, {})).rejects.toMatchObject({ code: 'refused' });
    await expect(redirecting.notifier.send(rule, {})).rejects.toThrow('a redirect, which is not followed');

    expect([refusing.received.length, redirecting.received.length]).toEqual([1, 1]);
  });

  it('that nobody answers at is unreachable, and its address is in no message', async () => {
    const server = await receiver([]);
    server.close();

    const error: unknown = await server.notifier.send(rule, {}).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'unreachable' });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error as object))).not.toContain('s3cret');
    expect(String((error as Error).stack)).not.toContain('s3cret');
  });

  it('behind a certificate that nobody vouches for gets nothing', async () => {
    const server = await receiver([{ status: 200 }], selfSigned());

    await expect(server.notifier.send(rule, {})).rejects.toThrow('the webhook in HOOK cannot be reached: DEPTH_ZERO_SELF_SIGNED_CERT');

    expect(server.received).toEqual([]);
  });

  it.each([
    ['is not set', undefined],
    ['holds no URL', 'not a url s3cret'],
    ['holds no https URL', 'http://hooks.example.com/s3cret'],
    ['holds no https URL', 'file:///etc/s3cret'],
  ])('whose variable %s is refused before anything is sent', async (what, value) => {
    const notifier = webhookNotifier({ HOOK: value }, { sleep: async () => undefined });

    expect(() => notifier.check(rule)).toThrow(`the variable HOOK ${what}`);
    await expect(notifier.send(rule, {})).rejects.toMatchObject({ code: 'usage', target: 'spec.notify' });
    expect(() => notifier.check(rule)).not.toThrow('s3cret');
  });
});

interface Scripted {
  readonly status: number;
  readonly retryAfter?: string;
  readonly location?: string;
}

interface Receiver {
  readonly notifier: ReturnType<typeof webhookNotifier>;
  readonly received: { readonly method: string | undefined; readonly path: string | undefined; readonly type: string | undefined; readonly body: unknown }[];
  readonly waits: number[];
  close(): void;
}

async function receiver(answers: readonly Scripted[], tls?: Certificate): Promise<Receiver> {
  const received: Receiver['received'] = [];
  const answer: RequestListener = (request, response) => {
    void readBody(request).then((text) => {
      received.push({ method: request.method, path: request.url, type: request.headers['content-type'], body: JSON.parse(text) });
      const { status, retryAfter, location } = answers[received.length - 1] ?? { status: 500 };
      response
        .writeHead(status, { ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }), ...(location === undefined ? {} : { location }) })
        .end('x'.repeat(10_000));
    });
  };
  const server = tls ? createTlsServer(tls, answer) : createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const waits: number[] = [];
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  closing.push(close);
  const notifier = webhookNotifier({ HOOK: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/hook?key=s3cret` }, { sleep: async (ms) => void waits.push(ms) });
  return { notifier, received, waits, close };
}

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

function selfSigned(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'changeover-hook-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile, '-out', certFile, '-days', '1'];
  execFileSync('openssl', ['req', '-x509', ...made, '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'ignore' });
  const certificate = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  rmSync(folder, { recursive: true });
  return certificate;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
