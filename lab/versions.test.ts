import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sources } from './paths.ts';
import { versions } from './versions.ts';

it.each([
  ['etcd', 'go.etcd.io/etcd/server/v3', versions.etcd],
  ['kubernetes', 'k8s.io/kubernetes', versions.kubernetes],
  ['jaeger', 'github.com/jaegertracing/jaeger', versions.jaeger],
])('pins in lab/go/%s the version that versions.ts names', (folder, module, version) => {
  const goMod = readFileSync(join(sources, 'go', folder, 'go.mod'), 'utf8');

  expect(goMod).toContain(`require ${module} v${version}\n`);
});
