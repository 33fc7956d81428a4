import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubectl } from '../../lab/kubectl.ts';
import { lab } from '../../lab/lab.ts';
import type { FleetBases, RewrittenBase } from '../../src/core/base/base-report.ts';
import { json, run, workFolder, writePolicy, type Outcome } from './changeover.ts';

const fresh = (): string => randomBytes(4).toString('hex');
const namespaces = ['shop', 'store'];

describe('image.sign on a real registry', () => {
  /** Rewrites an image with a signer of these words, to a tag of its own. */
  async function rewriteSigned(tag: string, program: (folder: string) => string): Promise<{ readonly folder: string; readonly outcome: Outcome }> {
    const folder = workFolder();
    writeFileSync(join(folder, 'sign.mjs'), program(folder));
    writePolicy(folder, { to: ownTarget(), image: { sign: [process.execPath, join(folder, 'sign.mjs'), '{ref}'] } });
    const [from, to] = ['1.0', tag].map((each) => `${lab.registry}/shop/orders:${each}`);
    return { folder, outcome: await run(folder, ['image', 'rewrite', from ?? '', '--to', to ?? '', '-p', 'policy.yaml', '--yes']) };
  }

  it('has the image signed by its digest while its tag does not exist yet', async () => {
    const tag = `1.0-signed-${fresh()}`;

    const { folder, outcome } = await rewriteSigned(tag, (inside) => signer(inside, tag));

    expect(outcome.code, outcome.stderr).toBe(0);
    const [, digest] = outcome.stdout.trim().split('@');
    expect(JSON.parse(readFileSync(join(folder, 'signed.json'), 'utf8'))).toEqual({ ref: `${lab.registry}/shop/orders@${digest}`, byDigest: 200, byTag: 404 });
    expect(await digestOf(`${lab.registry}/shop/orders:${tag}`)).toBe(digest);
  });

  it('leaves no tag where the signer fails, and says what it said: exit 3', async () => {
    const tag = `1.0-unsigned-${fresh()}`;

    const { outcome } = await rewriteSigned(tag, () => `console.error('no key of that name'); process.exit(4);`);

    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toMatch(/ended with 4: no key of that name/);
    expect(await digestOf(`${lab.registry}/shop/orders:${tag}`)).toBeUndefined();
  });
});

describe('base on the real fleet', () => {
  it('finds which layers bring the old agent in, and for whom', async () => {
    const folder = workFolder();
    writePolicy(folder, { select: { namespaces, requireSidecar: [] } });

    const outcome = await run(folder, ['base', '-p', 'policy.yaml', '-o', 'json']);

    expect(outcome.code, outcome.stderr).toBe(0);
    const report = json<FleetBases>(outcome);
    const shared = report.bases.find((group) => group.workloads.includes('shop/Deployment/orders'));
    expect(shared?.workloads).toEqual(expect.arrayContaining(['shop/Deployment/gateway', 'shop/Deployment/payments']));
    expect(report.inheriting).toBeGreaterThanOrEqual(5);
    expect(report.carrying).toBeGreaterThanOrEqual(report.inheriting);
  });

  it('rewrites a base under a new tag, and moves its own tag only when asked; the old image keeps a tag', async () => {
    const folder = workFolder();
    const base = `${lab.registry}/shop/orders:base-${fresh()}`;
    await copyTag('shop/orders', '1.0', base.split(':').at(-1) ?? '');
    writePolicy(folder);

    const beside = await run(folder, ['base', 'rewrite', base, '-p', 'policy.yaml', '--yes', '-o', 'json']);
    const before = await digestOf(base);
    const moved = json<RewrittenBase>(await run(folder, ['base', 'rewrite', base, '--retag', '-p', 'policy.yaml', '--yes', '-o', 'json']));

    expect(beside.code, beside.stderr).toBe(0);
    expect(json<RewrittenBase>(beside).digest).toBe(before);
    expect(moved.retag).toMatchObject({ before, status: 'moved' });
    expect(await digestOf(base)).toBe(moved.retag?.after);
    expect(await digestOf(`${lab.registry}/shop/orders:${moved.retag?.kept.split(':').at(-1)}`)).toBe(before);
  });
});

describe('image prune on the real fleet', () => {
  const role = `changeover-prune-${fresh()}`;

  beforeAll(async () => {
    const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/images.md'), 'utf8');
    const [manifest = ''] = /apiVersion: rbac[\s\S]*?(?=\n```)/.exec(guide) ?? [];
    await kubectl(['apply', '-f', '-'], { input: manifest.replace('name: changeover-prune', `name: ${role}`) });
    await kubectl(['create', 'clusterrolebinding', role, '--clusterrole', role, '--serviceaccount', 'changeover:changeover']);
  });
  afterAll(async () => {
    await kubectl(['delete', 'clusterrolebinding,clusterrole', role, '--ignore-not-found']);
  });

  it('with the rights the guide names, deletes a result that nothing needs and nothing else', async () => {
    const folder = workFolder();
    const mark = fresh();
    writePolicy(folder, { select: { namespaces: ['shop'] }, to: ownTarget(), image: { to: `{repository}:{tag}-${mark}-{hash8}` } });
    const made = await run(folder, [
      'image',
      'rewrite',
      `${lab.registry}/shop/orders:1.0`,
      '--to',
      `${lab.registry}/shop/orders:1.0-${mark}-00000000`,
      '-p',
      'policy.yaml',
      '--yes',
    ]);
    const [reference = ''] = made.stdout.trim().split('@');
    const others = await tagsOf('shop/orders');

    const listed = await run(folder, ['image', 'prune', '-p', 'policy.yaml', '--dry-run']);
    const stillThere = await digestOf(reference);
    const pruned = await run(folder, ['image', 'prune', '-p', 'policy.yaml', '--yes', '-o', 'json']);

    expect(listed.code, listed.stderr).toBe(0);
    expect(listed.stdout).toContain(reference);
    expect(stillThere).toMatch(/^sha256:/);
    expect(pruned.code, pruned.stderr).toBe(0);
    expect(json<{ items: readonly object[] }>(pruned).items).toContainEqual(expect.objectContaining({ reference, status: 'deleted' }));
    expect(await tagsOf('shop/orders')).toEqual(others.filter((tag) => !reference.endsWith(`:${tag}`)));
  });
});

/** A target of this run alone: other settings make another image, which no other test has signed, tagged or deployed. */
function ownTarget(): object {
  return { agent: 'opentelemetry', files: { path: lab.opentelemetryJar }, env: { OTEL_EXPORTER_OTLP_ENDPOINT: `${lab.otlpEndpoint}/?${fresh()}` } };
}

/** A signer that notes what it was given, and what the registry has at that moment. */
function signer(folder: string, tag: string): string {
  return `
import { writeFileSync } from 'node:fs';
const ref = process.argv[2];
const [name, digest] = ref.split('@');
const [host, ...path] = name.split('/');
const ask = async (reference) => (await fetch('http://' + host + '/v2/' + path.join('/') + '/manifests/' + reference, { headers: { accept: '${ACCEPT}' } })).status;
writeFileSync(${JSON.stringify(join(folder, 'signed.json'))}, JSON.stringify({ ref, byDigest: await ask(digest), byTag: await ask(${JSON.stringify(tag)}) }));
`;
}

const ACCEPT = 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';

async function copyTag(repository: string, from: string, to: string): Promise<void> {
  const url = (tag: string): string => `http://${lab.registry}/v2/${repository}/manifests/${tag}`;
  const got = await fetch(url(from), { headers: { accept: ACCEPT } });
  const put = await fetch(url(to), { method: 'PUT', headers: { 'content-type': got.headers.get('content-type') ?? '' }, body: await got.text() });
  expect(put.status).toBe(201);
}

async function digestOf(reference: string): Promise<string | undefined> {
  const [name = '', tag = ''] = reference.slice(lab.registry.length + 1).split(':');
  const reply = await fetch(`http://${lab.registry}/v2/${name}/manifests/${tag}`, { method: 'HEAD', headers: { accept: ACCEPT } });
  return reply.headers.get('docker-content-digest') ?? undefined;
}

async function tagsOf(repository: string): Promise<readonly string[]> {
  const reply = (await (await fetch(`http://${lab.registry}/v2/${repository}/tags/list`)).json()) as { readonly tags: readonly string[] };
  return [...reply.tags].sort();
}
