import { describe, expect, it } from 'vitest';
import { parseYamlDocument } from '../adapters/yaml/parse-yaml.ts';
import type { Invocation } from './invocation.ts';
import { loadPolicy } from './load-policy.ts';

const policy = (to: string): string =>
  `apiVersion: changeover.dev/v1alpha1\nkind: Changeover\nmetadata: {name: move}\nspec:\n  to:\n    files: {path: agent.jar}\n${to}`;
const manifest = 'apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nspec:\n  exporter: {endpoint: "http://collector:4317"}\n';

function invocation(files: { readonly [path: string]: string }): Invocation {
  const wiring = {
    readTextFile: async (path: string) => {
      const text = files[path];
      if (text === undefined) throw new Error(`no ${path}`);
      return text;
    },
    parseYaml: async (text: string, file: string) => parseYamlDocument(text, file),
    directoryOf: () => '/policies',
  };
  return { wiring, options: { policy: 'policy.yaml' } } as unknown as Invocation;
}

describe('loadPolicy', () => {
  it('puts the manifest into the policy, so that a plan holds what it was made from', async () => {
    const placed = await loadPolicy(invocation({ 'policy.yaml': policy('    instrumentation: ./otel.yaml\n'), '/policies/otel.yaml': manifest }));

    expect(placed?.policy.to.instrumentation?.env).toEqual({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' });
    expect(JSON.stringify(placed?.policy.source)).toContain('"kind":"Instrumentation"');
  });

  it('reads an absolute path as it is, and takes a manifest that stands in the policy', async () => {
    const absolute = await loadPolicy(invocation({ 'policy.yaml': policy('    instrumentation: /etc/otel.yaml\n'), '/etc/otel.yaml': manifest }));
    const inside = await loadPolicy(
      invocation({
        'policy.yaml': policy(`    instrumentation: {${manifest.trim().replaceAll('\n  ', ' {').replaceAll('\n', ', ').replace('spec: {', 'spec: {')}}}\n`),
      }),
    );

    expect(absolute?.policy.to.instrumentation?.env).toEqual(inside?.policy.to.instrumentation?.env);
  });

  it('says where a manifest is none', async () => {
    const files = { 'policy.yaml': policy('    instrumentation: ./pod.yaml\n'), '/policies/pod.yaml': 'apiVersion: v1\nkind: Pod\nspec: {}\n' };

    await expect(loadPolicy(invocation(files))).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringContaining('spec.to.instrumentation') as string,
    });
  });
});
