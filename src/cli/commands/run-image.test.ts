import { stripVTControlCharacters } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { openLayerReader } from '../../adapters/registry/layer-reader.ts';
import { pushSampleImage, sampleAgentJar } from '../../adapters/simulated/sample-images.ts';
import { openSimulatedRegistry, type SimulatedRegistry } from '../../adapters/simulated/simulated-registry.ts';
import { fakeWiring, type FakeOutside, type FakeWiring } from '../fake-wiring.ts';
import { runCli } from '../run-cli.ts';

const HOST = 'registry.example.com';
const ORDERS = `${HOST}/shop/orders:1.0`;
const RESULT = `${HOST}/shop/orders:1.0-otel`;
const policy = {
  apiVersion: 'changeover.dev/v1alpha1',
  kind: 'Changeover',
  metadata: { name: 'test' },
  spec: { to: { files: { path: './javaagent.jar' }, env: { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer hunter2' } } },
};

describe('image commands', () => {
  let registry: SimulatedRegistry;

  beforeEach(async () => {
    registry = openSimulatedRegistry();
    await pushSampleImage(registry, ORDERS, 'tomcat-skywalking');
  });

  async function run(argv: readonly string[], outside: FakeOutside = {}): Promise<FakeWiring & { readonly code: number }> {
    const ports = {
      registry,
      layers: openLayerReader(registry, { get: async () => undefined, put: async () => undefined }),
      clock: { now: () => Date.parse('2026-11-24T12:00:00Z'), sleep: async () => undefined },
      agentFiles: async () => ({ version: '2.33.1', files: [{ path: 'agent/javaagent.jar', bytes: sampleAgentJar() }] }),
      policyFiles: async () => ({}),
    };
    const files = { 'policy.yaml': JSON.stringify(policy) };
    const fake = fakeWiring({ ...outside, files, wiring: { openImages: async () => ({ ports, close: async () => undefined }) } });
    return { ...fake, code: await runCli(['image', ...argv], fake.wiring) };
  }

  it('inspect: shows image, agents and whether a takeover is possible, and needs no cluster', async () => {
    const { code, out, err } = await run(['inspect', ORDERS]);

    expect(code).toBe(0);
    expect(err()).toBe('');
    expect(out().startsWith(`${ORDERS}\n`)).toBe(true);
    expect(out()).toMatch(/^ {2}cmd +catalina\.sh run$/m);
    expect(out()).toMatch(/^ {2}Java +17\.0\.12 \(Example\) in \/opt\/java\/openjdk$/m);
    expect(out()).toMatch(/^ {2}skywalking 9\.4\.0$/m);
    expect(out()).toMatch(/^ {4}named by +nothing in the image: a pod can name it$/m);
    expect(out()).toMatch(/^ {4}settings +the defaults of \/skywalking\/agent\/config\/agent\.config$/m);
    expect(out()).toContain('✓ possible: the new agent takes the place of /skywalking/agent/skywalking-agent.jar');
  });

  it('inspect: is a document for programs', async () => {
    const json = await run(['inspect', ORDERS, '-o', 'json', '--no-layer-scan']);
    const yaml = await run(['inspect', ORDERS, '-o', 'yaml']);

    expect(JSON.parse(json.out())).toMatchObject({ kind: 'ImageReport', reference: ORDERS, platforms: [{ scanProblem: 'the layer scan is off' }] });
    expect(yaml.out()).toMatch(/^yaml: /);
  });

  it.each([
    [`${HOST}/shop/orders:2.0`, 2, 'the registry has no such image'],
    ['Shop//orders', 2, 'not an image reference'],
    ['dead.example.com/shop/orders:1.0', 6, 'no answer from'],
    ['closed.example.com/shop/orders:1.0', 6, 'denied'],
  ])('inspect: %s ends with %i', async (reference, expected, message) => {
    registry.faults = { unreachable: ['dead.example.com'], pullDenied: ['closed.example.com'] };

    const { code, out, err } = await run(['inspect', reference]);

    expect(code).toBe(expected);
    expect(out()).toBe('');
    expect(err()).toContain(message);
  });

  it('rewrite: prints the new image with its digest on standard output and nothing else, the second time as well', async () => {
    const first = await run(['rewrite', ORDERS, '--to', RESULT, '-p', 'policy.yaml', '--yes']);
    const second = await run(['rewrite', ORDERS, '--to', RESULT, '-p', 'policy.yaml']);

    expect([first.code, second.code]).toEqual([0, 0]);
    expect(first.out()).toMatch(/^registry\.example\.com\/shop\/orders:1\.0-otel@sha256:[0-9a-f]{64}\n$/);
    expect(second.out()).toBe(first.out());
    expect(first.err()).toBe('pushed\n');
    expect(second.err()).toBe('already there: nothing was pushed\n');
  });

  it('rewrite: shows what it would push, with credentials masked, and takes no for an answer', async () => {
    const { code, out, err, questions } = await run(['rewrite', ORDERS, '--to', RESULT, '-p', 'policy.yaml'], { tty: true, answers: ['no'] });

    const asked = stripVTControlCharacters(err());
    expect(code).toBe(130);
    expect(out()).toBe('');
    expect(questions).toEqual(['Push it? Type yes to go on: ']);
    expect(asked).toContain(`Rewrite ${ORDERS}`);
    expect(asked).toMatch(/delivery +takeover/);
    expect(asked).toMatch(/removes +\/skywalking\/agent\/activations, \/skywalking\/agent\/plugins/);
    expect(asked).not.toContain('hunter2');
    expect((await run(['inspect', RESULT])).code).toBe(2);
  });

  it('rewrite: writes nothing without a terminal and without --yes, nor with --dry-run', async () => {
    const silent = await run(['rewrite', ORDERS, '--to', RESULT, '-p', 'policy.yaml']);
    const dry = await run(['rewrite', ORDERS, '--to', RESULT, '-p', 'policy.yaml', '--dry-run', '-o', 'json']);

    expect(silent.code).toBe(2);
    expect(silent.err()).toContain('this command writes to a registry, and there is no terminal to confirm it on');
    expect(dry.code).toBe(0);
    expect(JSON.parse(dry.out())).toMatchObject({ kind: 'ImageReport', rewrite: { status: 'planned', reference: RESULT } });
    expect(dry.err()).toContain('dry run: nothing was pushed');
    expect((await run(['inspect', RESULT])).code).toBe(2);
  });

  it.each([
    [['--to', ORDERS, '-p', 'policy.yaml', '--yes'], 3, 'the tag exists with other content'],
    [['-p', 'policy.yaml'], 2, 'image rewrite needs a name for the new image'],
    [['--to', RESULT], 2, 'image rewrite needs a policy'],
    [['--to', `${HOST}/shop/orders`, '-p', 'policy.yaml'], 2, 'the new image has no tag'],
    [['--to', `${RESULT}@sha256:${'1'.repeat(64)}`, '-p', 'policy.yaml'], 2, 'the digest of the new image is not yours to choose'],
  ])('rewrite: %j ends with %i', async (argv, expected, message) => {
    const { code, out, err } = await run(['rewrite', ORDERS, ...argv]);

    expect(code).toBe(expected);
    expect(out()).toBe('');
    expect(err()).toContain(message);
    expect(err()).toMatch(/^fix: /m);
  });

  it('rewrite: refuses an image without the old agent, and says how to look into it', async () => {
    await pushSampleImage(registry, `${HOST}/shop/web:1.0`, 'no-jvm');

    const { code, err } = await run(['rewrite', `${HOST}/shop/web:1.0`, '--to', `${HOST}/shop/web:2.0`, '-p', 'policy.yaml', '--yes']);

    expect(code).toBe(3);
    expect(err()).toContain("the image is not rewritten: none of the image's options names the agent skywalking");
    expect(err()).toContain(`fix: See what is in it: changeover image inspect ${HOST}/shop/web:1.0`);
  });

  it.each([
    [[], 'Usage: changeover image COMMAND'],
    [['inspekt'], 'Did you mean inspect?'],
    [['prune'], 'image prune needs the policy that the images were made by'],
    [['inspect'], "missing required argument 'reference'"],
  ])('%j is wrong usage', async (argv, message) => {
    const { code, err } = await run(argv);

    expect(code).toBe(2);
    expect(err()).toContain(message);
  });

  it.each(['inspect', 'rewrite'])('%s: explains itself with an example', async (name) => {
    const { code, out } = await run([name, '--help']);

    expect(code).toBe(0);
    expect(out()).toContain(`Usage: changeover image ${name} <reference>`);
    expect(out()).toContain(`Examples:\n  changeover image ${name}`);
  });
});
