import { describe, expect, it } from 'vitest';
import { baselineText, makeBaseline } from '../../core/verify/baseline.ts';
import type { Relay, RelaySettings, SinkSettings } from '../../ports/tee.ts';
import { fakeWiring, type FakeOutside } from '../fake-wiring.ts';
import { runCli } from '../run-cli.ts';

const required = ['--backend', 'oap:11800', '--otlp', 'http://collector:4318'];
const pem = '-----BEGIN CERTIFICATE-----\nAA==\n';

describe('changeover tee', () => {
  it('listens everywhere at 11800 and speaks plain HTTP/2, unless told otherwise', async () => {
    const { settings, code } = await run(required);

    expect(settings).toEqual({
      relay: { listen: { host: '0.0.0.0', port: 11800 }, backend: { host: 'oap', port: 11800 } },
      sink: { url: 'http://collector:4318', headers: {} },
    });
    expect(code).toBe(130);
  });

  it('takes IPv6 addresses, TLS on each side, and headers with secrets from the environment', async () => {
    const tls = ['--listen-cert', 'cert.pem', '--listen-key', 'key.pem', '--backend-ca', 'ca.pem', '--otlp-ca', 'ca.pem'];
    const headers = ['--otlp-header', 'x-scope-orgid=shop', '--otlp-header', 'authorization=env:TOKEN'];

    const { settings } = await run(['--listen', '[::1]:1', '--backend', '10.0.0.1:2', '--otlp', 'https://collector/v1/traces', ...tls, ...headers]);

    expect(settings).toEqual({
      relay: { listen: { host: '::1', port: 1, tls: { cert: pem, key: pem } }, backend: { host: '10.0.0.1', port: 2, tls: { ca: pem } } },
      sink: { url: 'https://collector/v1/traces', headers: { 'x-scope-orgid': 'shop', authorization: 'Bearer secret' }, ca: pem },
    });
  });

  it('trusts the usual authorities where TLS is asked for without a CA', async () => {
    expect((await run([...required, '--backend-tls'])).settings).toMatchObject({ relay: { backend: { tls: {} } } });
  });

  it.each([
    [['--otlp', 'http://c'], '--backend must be an address with its port'],
    [['--backend', 'oap', '--otlp', 'http://c'], '--backend must be an address with its port, not oap'],
    [['--backend', 'oap:70000', '--otlp', 'http://c'], '--backend must be an address with its port, not oap:70000'],
    [['--backend', 'oap:1'], '--otlp must be the http(s) address of the Collector, not missing'],
    [['--backend', 'oap:1', '--otlp', 'collector:4317'], '--otlp must be the http(s) address of the Collector, not collector:4317'],
    [[...required, '--listen', '11800'], '--listen must be an address with its port, not 11800'],
    [[...required, '--listen-cert', 'cert.pem'], '--listen-cert and --listen-key belong together'],
    [[...required, '--otlp-header', 'novalue'], '--otlp-header novalue: not a header'],
    [[...required, '--otlp-header', 'a=env:MISSING'], '--otlp-header a: the variable MISSING is not set'],
    [[...required, '--max-buffer', '0'], '--max-buffer 0 is out of range'],
    [[...required, '--otlp-ca', 'missing.pem'], 'missing.pem cannot be read'],
    [[...required, '--otlp-ca', 'text.pem'], 'text.pem is not a PEM file'],
    [[...required, '--baseline', 'text.pem'], 'text.pem is there already and is no baseline'],
    [[...required, '--baseline', 'jaeger.json'], 'jaeger.json holds a baseline from jaeger'],
  ])('with %j says: %s', async (options, message) => {
    const { code, err } = await run(options);

    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).not.toContain('secret');
  });

  it('goes on with the baseline an earlier one wrote, and writes it before it serves', async () => {
    const { written } = await run([...required, '--baseline', 'tee.json']);

    expect(JSON.parse(written.get('tee.json') ?? '')).toMatchObject({
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-11-03T10:00:00.000Z',
      services: [{ name: 'gateway' }, { name: 'orders' }],
      edges: [{ from: 'gateway', to: 'orders', calls: 3 }],
    });
  });

  it('does not start where the baseline cannot be written', async () => {
    const writeTextFile = async (): Promise<never> => Promise.reject(new Error('disk full'));

    const { settings, code } = await run([...required, '--baseline', 'new.json'], { writeTextFile });

    expect(settings.relay).toBeUndefined();
    expect(code).toBe(1);
  });

  it('says its state in one line for people, as JSON for programs', async () => {
    const people = await run(required);
    const programs = await run([...required, '-o', 'json']);

    expect(people.out).toBe('');
    expect(people.err.split('\n')[0]).toBe(
      '10:00:00 tee 1.2.3.4:5 | 1 connection, 7 calls | segments: 0 seen, 0 sent, 0 waiting, 0 lost | backend down (ECONNREFUSED) | collector not used yet',
    );
    expect(JSON.parse(programs.out.split('\n')[0] ?? '')).toMatchObject({ kind: 'TeeStatus', listen: '1.2.3.4:5', agents: { calls: 7 } });
    expect(programs.err).toBe('');
  });
});

interface Ran {
  readonly code: number;
  readonly settings: { relay?: RelaySettings; sink?: SinkSettings };
  readonly out: string;
  readonly err: string;
  readonly written: Map<string, string>;
}

/** Runs the command until it serves, then interrupts it. */
async function run(options: readonly string[], wiring: FakeOutside['wiring'] = {}): Promise<Ran> {
  const settings: Ran['settings'] = {};
  const relay: Relay = {
    address: '1.2.3.4:5',
    status: () => ({ connections: 1, calls: 7, unavailable: 0, backend: { state: 'down', problem: 'ECONNREFUSED' } }),
    close: async () => undefined,
  };
  const window = { fromMs: Date.UTC(2026, 10, 1), toMs: Date.UTC(2026, 10, 2) };
  const found = { services: ['orders'], edges: [{ from: 'gateway', to: 'orders', calls: 3 }] };
  const fake = fakeWiring({
    files: {
      'cert.pem': pem,
      'key.pem': pem,
      'ca.pem': pem,
      'text.pem': 'secret',
      'tee.json': baselineText(makeBaseline('tee', window, found)),
      'jaeger.json': baselineText(makeBaseline('jaeger', window, found)),
    },
    wiring: {
      env: { TOKEN: 'Bearer secret' },
      openTee: async () => ({
        openRelay: async (asked) => {
          settings.relay = asked;
          setImmediate(() => fake.interrupt());
          return relay;
        },
        openConverter: () => ({
          convert: async () => ({ body: new Uint8Array(), segments: 0, unreadable: 0, waiting: 0 }),
          topology: async () => ({ services: [], edges: [] }),
          close: async () => undefined,
        }),
        openSink: (asked) => {
          settings.sink = asked;
          return { send: async () => ({ kind: 'accepted', rejectedSpans: 0 }), close: async () => undefined };
        },
      }),
      ...wiring,
    },
  });
  const code = await runCli(['tee', ...options], fake.wiring);
  return { code, settings, out: fake.out(), err: fake.err(), written: fake.written };
}
