import { describe, expect, it } from 'vitest';
import { openSimulation } from '../../test/simulation/open-simulation.ts';
import type { SimulatedRegistry } from '../adapters/simulated/simulated-registry.ts';
import { mediaTypes } from '../core/image/media-types.ts';
import { parsePolicy } from '../core/policy/parse-policy.ts';
import type { Json } from '../core/json.ts';
import { makePlan } from './make-plan.ts';

describe('signed sources in a plan', () => {
  it('are told with what speaks for them, and warn where nothing signs the new image', async () => {
    const simulation = await openSimulation({ services: [{ name: 'orders' }, { name: 'login' }] });
    const { ports } = simulation.openEngine();
    const registry = ports.registry as SimulatedRegistry;
    const [item] = simulation.plan.items.filter((each) => each.id.endsWith('/orders'));
    if (item?.action !== 'migrate') throw new Error('not planned');
    const repository = { registry: 'registry.example.com', path: 'shop/orders' };
    const index = (more: object): Uint8Array => Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [], ...more }));
    await registry.putManifest(repository, `${item.source.digest.replace(':', '-')}.sig`, { mediaType: mediaTypes.oci.index, bytes: index({}) });
    const sbom = index({ artifactType: 'application/spdx+json', subject: { digest: item.source.digest } });
    await registry.putManifest(repository, 'sbom', { mediaType: mediaTypes.oci.index, bytes: sbom });

    const plan = async (image: Json): Promise<unknown> => {
      const { spec, ...rest } = simulation.plan.policy as { readonly spec: object };
      const policy = parsePolicy({ ...rest, spec: { ...spec, image } }, { file: 'policy', position: () => undefined });
      const { items } = await makePlan(ports, { policy, directory: '/', layerScan: true, allow: [] });
      return items.map((each) => [each.id, each.findings.filter((finding) => finding.id === 'source-signed')]);
    };

    expect(await plan({})).toEqual([
      ['shop/Deployment/login', []],
      ['shop/Deployment/orders', [{ id: 'source-signed', severity: 'warn', params: { what: ['sbom', 'signature'], signs: false } }]],
    ]);
    expect(await plan({ sign: ['cosign', 'sign', '{ref}'] })).toMatchObject([
      ['shop/Deployment/login', []],
      ['shop/Deployment/orders', [{ severity: 'info', params: { signs: true } }]],
    ]);
  });
});
