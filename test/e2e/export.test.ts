import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kubectl } from '../../lab/kubectl.ts';
import { labMode } from '../../lab/lab-mode.ts';
import { paths } from '../../lab/paths.ts';
import { formatYaml } from '../../src/adapters/yaml/parse-yaml.ts';
import { exportChanges } from '../../src/app/export-changes.ts';
import type { ExportedFile } from '../../src/core/export/exported-file.ts';
import { helmFiles } from '../../src/core/export/helm-files.ts';
import { kustomizeFiles } from '../../src/core/export/kustomize-files.ts';
import { parsePolicy } from '../../src/core/policy/parse-policy.ts';
import { runCommand } from '../../lab/run-command.ts';
import { openSimulation } from '../simulation/open-simulation.ts';
import { workFolder } from './changeover.ts';

const argo = { annotations: { 'argocd.argoproj.io/tracking-id': 'app:apps/Deployment:shop/orders' } };
const helm = { annotations: { 'meta.helm.sh/release-name': 'pay' } };

describe.runIf(labMode() !== undefined)('exported files, built by the real kustomize', () => {
  it.each(['takeover', 'image'])('make of the base what a run makes of the workload, with delivery: %s', async (delivery) => {
    const { exported, folder } = await exportInto(delivery);
    const [orders] = exported;
    mkdirSync(join(folder, 'overlay'));
    writeFileSync(join(folder, 'overlay/base.yaml'), JSON.stringify(orders?.object));
    writeFileSync(join(folder, 'overlay/kustomization.yaml'), 'resources: [base.yaml]\ncomponents: [../shop/app]\n');

    const built = await kubectl(['kustomize', join(folder, 'overlay')]);

    expect(built).toContain(orders?.reference);
    expect(built.includes('skywalking')).toBe(delivery === 'takeover');
  });

  it('refuse a base that has moved on', async () => {
    const { exported, folder } = await exportInto('takeover');
    mkdirSync(join(folder, 'overlay'));
    writeFileSync(join(folder, 'overlay/base.yaml'), JSON.stringify(exported[0]?.object).replaceAll('shop/orders:1', 'shop/orders:2'));
    writeFileSync(join(folder, 'overlay/kustomization.yaml'), 'resources: [base.yaml]\ncomponents: [../shop/app]\n');

    await expect(kubectl(['kustomize', join(folder, 'overlay')])).rejects.toThrow(/test/);
  });

  it('change what a chart renders, as a post-renderer', async () => {
    const { exported, folder } = await exportInto('takeover');
    const [, payments] = exported;

    const script = join(folder, 'shop/pay/post-renderer/run.sh');
    const env = { PATH: `${paths.bin}:${process.env['PATH']}` };
    const rendered = await runCommand('sh', [script], { input: JSON.stringify(payments?.object), env });

    expect(rendered).toContain(payments?.reference);
  });
});

async function exportInto(delivery: string): Promise<{ readonly exported: Awaited<ReturnType<typeof exportChanges>>['exported']; readonly folder: string }> {
  const services = [
    { name: 'orders', metadata: argo },
    { name: 'payments', metadata: helm },
  ];
  const simulation = await openSimulation({ services, spec: { delivery } });
  const policy = parsePolicy(simulation.plan.policy, { file: 'policy', position: () => undefined });
  const { exported } = await exportChanges(simulation.openEngine().ports, { policy, layerScan: true, allow: [] });
  const folder = workFolder();
  for (const file of [...kustomizeFiles(exported.slice(0, 1)), ...helmFiles(exported.slice(1))]) write(folder, file);
  return { exported, folder };
}

function write(folder: string, file: ExportedFile): void {
  mkdirSync(dirname(join(folder, file.path)), { recursive: true });
  writeFileSync(join(folder, file.path), 'text' in file ? file.text : formatYaml(file.value));
}
