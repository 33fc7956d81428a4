import { describe, expect, it } from 'vitest';
import { readManifests } from '../../adapters/yaml/edit-yaml.ts';
import { formatYaml, parseYamlDocument } from '../../adapters/yaml/parse-yaml.ts';
import { fakeWiring, type FakeWiring } from '../fake-wiring.ts';
import { runCli } from '../run-cli.ts';

const policy = `apiVersion: changeover.dev/v1alpha1
kind: Changeover
metadata: {name: test}
spec:
  select: {requireSidecar: [istio-proxy]}
  to: {files: {path: otel.jar}}
`;
const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec:
  template:
    spec:
      containers:
        - name: orders
          image: registry.example.com/shop/orders:1.0
          env:
            - {name: JAVA_OPTS, value: "-Xmx1g -javaagent:/sw/skywalking-agent.jar -Dskywalking.agent.service_name=orders"}
`;

describe('changeover convert', () => {
  it('prints the changed manifests and nothing else on standard output', async () => {
    const { code, out, err } = await convert({ 'd.yaml': manifest }, ['--no-registry']);

    expect(code).toBe(0);
    expect(out()).toBe(
      manifest.replace(/- \{name: JAVA_OPTS.*/, '- {name: JAVA_OPTS, value: "-Xmx1g"}\n            - {name: OTEL_SERVICE_NAME, value: "orders"}'),
    );
    expect(err()).toContain('d.yaml:8: note: Deployment/orders[orders]: its image registry.example.com/shop/orders:1.0 stays');
    expect(err()).toContain('requireSidecar is not judged');
    expect(err()).toContain('1 of 1 pod template converted');
  });

  it('prints patches for kustomize instead', async () => {
    const { code, out } = await convert({ 'd.yaml': manifest }, ['--no-registry', '--as-patch']);

    const { patches } = parseYamlDocument(out(), 'out').value as { patches: readonly { target: object; patch: string }[] };
    expect(code).toBe(0);
    expect(patches.map((each) => each.target)).toEqual([{ group: 'apps', version: 'v1', kind: 'Deployment', name: 'orders' }]);
    expect(parseYamlDocument(patches[0]?.patch ?? '', 'patch').value).toContainEqual({
      op: 'add',
      path: '/spec/template/spec/containers/0/env/-',
      value: { name: 'OTEL_SERVICE_NAME', value: 'orders' },
    });
  });

  it('joins several files to one stream, and says which ones it left out', async () => {
    const files = { 'a.yaml': 'kind: ConfigMap\napiVersion: v1', 'b.yaml': '---\nkind: Service\napiVersion: v1\n', 'chart/c.yaml': 'x: {{ .Values.x }}' };

    const { out, err } = await convert(files, ['--no-registry']);

    expect(out()).toBe('kind: ConfigMap\napiVersion: v1\n---\nkind: Service\napiVersion: v1\n');
    expect(err()).toContain('chart/c.yaml: left out: a template of a Helm chart');
  });

  it('explains what it left alone when asked', async () => {
    const quiet = await convert({ 'd.yaml': manifest.replace('-javaagent:', '-Dx=') }, ['--no-registry']);
    const verbose = await convert({ 'd.yaml': manifest.replace('-javaagent:', '-Dx=') }, ['--no-registry', '-v']);

    expect(quiet.err()).not.toContain('d.yaml:8');
    expect(verbose.err()).toContain('d.yaml:8: info: Deployment/orders[orders]: nothing in the manifest names the old agent');
  });

  it.each<[string, { readonly [file: string]: string }, readonly string[], string]>([
    ['broken YAML', { 'd.yaml': 'a: [1\n' }, ['--no-registry'], 'd.yaml:'],
    ['only Helm templates', { 'd.yaml': 'a: {{ .Values.a }}' }, ['--no-registry'], 'helm template'],
    ['two sources of image configs', { 'd.yaml': manifest }, ['--no-registry', '--image-config', 'c.json'], 'contradict'],
    ['another output format', { 'd.yaml': manifest }, ['--no-registry', '-o', 'json'], 'Leave -o out'],
  ])('refuses %s with exit code 2', async (_, files, flags, message) => {
    const { code, out, err } = await convert(files, flags);

    expect(code).toBe(2);
    expect(out()).toBe('');
    expect(err()).toContain(message);
  });

  it('needs manifests and a policy', async () => {
    const fake = fakeWiring();

    expect(await runCli(['convert', '-p', 'policy.yaml'], fake.wiring)).toBe(2);
    expect(await runCli(['convert', '-f', 'd.yaml'], fake.wiring)).toBe(2);
    expect(fake.err()).toContain('Name a file or a folder with -f');
    expect(fake.err()).toContain('Give one with -p policy.yaml');
  });
});

async function convert(files: { readonly [file: string]: string }, flags: readonly string[]): Promise<FakeWiring & { readonly code: number }> {
  const fake = fakeWiring({
    files: { 'policy.yaml': policy },
    wiring: {
      parseYaml: async (text, file) => parseYamlDocument(text, file),
      formatYaml: async (value) => formatYaml(value),
      openManifests: async () => readManifests,
      readManifestFiles: async () => Object.entries(files).map(([file, text]) => ({ file, text, isNamed: true })),
    },
  });
  return { ...fake, code: await runCli(['convert', '-f', 'd.yaml', '-p', 'policy.yaml', ...flags], fake.wiring) };
}
