import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lab } from '../../lab/lab.ts';
import { openFileCache } from '../../src/adapters/files/file-cache.ts';
import { openLayerReader } from '../../src/adapters/registry/layer-reader.ts';
import { openRegistry } from '../../src/adapters/registry/open-registry.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { pushImage } from '../../src/app/push-image.ts';
import { readImage } from '../../src/app/read-image.ts';
import { buildAgentLayer } from '../../src/core/image/agent-layer.ts';
import { parseImageReference } from '../../src/core/image/reference.ts';
import { composeTarget } from '../../src/core/plan/compose-target.ts';
import { workFolder } from './changeover.ts';

const open = (): ReturnType<typeof openRegistry> => openRegistry({ settings: {}, directory: '/', env: {}, clock: systemClock });

describe('the cost of a rewrite', () => {
  it('downloads no layer of the source, and the shared agent layer goes up once', async () => {
    const registry = open();
    const scanning = open();
    const layers = openLayerReader(scanning, openFileCache(join(workFolder(), 'cache')));
    const agentLayer = buildAgentLayer([{ path: 'agent/javaagent.jar', bytes: randomBytes(300_000) }], '/changeover');
    const agentHome = parseImageReference(`${lab.registry}/changeover/agent-cost`).repository;
    const homes = new Map<string, Promise<void>>();
    const first = { up: 0, requests: 0 };

    for (const name of ['login', 'payments']) {
      const image = parseImageReference(`${lab.registry}/shop/${name}:1.0`);
      const stored = await registry.manifest(image.repository, '1.0');
      const source = await readImage({ registry, layers }, { repository: image.repository, digest: stored?.digest ?? '' }, { layerScan: true });
      if (source.kind !== 'read') throw new Error(JSON.stringify(source));
      const edits = {
        agent: 'opentelemetry',
        version: 'test',
        agentLayer,
        changes: [{ kind: 'symlink', path: '/opt/skywalking/skywalking-agent.jar', target: '/changeover/agent/javaagent.jar' }],
        env: {},
      } as const;
      const composed = composeTarget(source.image, edits, { template: '{repository}:{tag}-cost-{hash8}', image });
      if (composed.kind !== 'composed') throw new Error(JSON.stringify(composed));
      const before = registry.traffic();
      await pushImage(registry, source.image, composed.target, { agentHome, homes });
      const after = registry.traffic();
      if (name === 'login') Object.assign(first, { up: after.bytesUp - before.bytesUp, requests: after.requests - before.requests });
      else {
        expect(first.up).toBeGreaterThan(300_000);
        expect(after.bytesUp - before.bytesUp).toBeLessThan(20_000);
        expect(after.requests - before.requests).toBeLessThanOrEqual(12);
      }
    }

    expect(registry.traffic().layerBytesDown).toBe(0);
    expect(scanning.traffic().layerBytesDown).toBeGreaterThan(100_000_000);
  });
});
