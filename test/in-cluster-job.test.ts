import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { formatYaml } from '../src/adapters/yaml/parse-yaml.ts';
import { fakeWiring } from '../src/cli/fake-wiring.ts';
import { commands } from '../src/cli/command-list.ts';
import { runCli } from '../src/cli/run-cli.ts';
import { accountOf } from '../src/core/doctor/rbac-objects.ts';

const read = (name: string): string => readFileSync(fileURLToPath(new URL(`../examples/in-cluster-job/${name}`, import.meta.url)), 'utf8');

describe('examples/in-cluster-job', () => {
  it.each(['apply', 'drift'])('grants exactly what `doctor --rbac %s` prints; print it anew when rights change', async (task) => {
    const { wiring, out } = fakeWiring({ wiring: { formatYaml: async (value) => formatYaml(value) } });

    await runCli(['doctor', '--rbac', task, '-n', 'shop'], wiring);

    expect(read(`rbac-${task}.yaml`)).toBe(out());
  });

  it('runs as the accounts that those files make, with commands and options there are', () => {
    const pods = [podOf('job.yaml', 'template'), podOf('drift-cronjob.yaml', 'jobTemplate', 'spec', 'template')];

    expect(pods.map((pod) => pod.spec.serviceAccountName)).toEqual([accountOf('apply'), accountOf('drift')]);
    for (const pod of pods) {
      const [command = '', ...words] = pod.spec.containers[0]?.args ?? [];
      const spec = commands.find((each) => each.name === command);
      const known = [...(spec && 'options' in spec ? spec.options : []).map((option) => option.flags), '--yes', '--output <format>', '--namespace <name>'].join(
        ' ',
      );
      expect(spec).toBeDefined();
      for (const word of words.filter((each) => each.startsWith('--'))) expect(known).toContain(word.split('=')[0]);
    }
  });

  it('does not start a run again that waits for a person', () => {
    expect(read('job.yaml')).toContain('values: [2, 3, 4, 5]');
    expect(podOf('job.yaml', 'template').spec.restartPolicy).toBe('Never');
  });
});

interface PodTemplate {
  readonly spec: { readonly serviceAccountName: string; readonly restartPolicy: string; readonly containers: readonly { readonly args: readonly string[] }[] };
}

function podOf(file: string, ...path: readonly string[]): PodTemplate {
  const [document] = parseAllDocuments(read(file));
  return path.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], (document?.toJS() as { spec: unknown } | undefined)?.spec) as PodTemplate;
}
