import { describe, expect, it } from 'vitest';
import { checkAgainstBuildah } from '../image/check-against-buildah.ts';
import { missingTools, withImageTools } from '../image/image-tools.ts';

const missing = missingTools();
const SCENARIOS = 12;

describe.skipIf(missing.length > 0)('a rewritten image', () => {
  it('shows the files of a Dockerfile build: umoci, buildah with vfs and with overlay', async () => {
    await withImageTools(async (tools) => {
      const checked = await checkAgainstBuildah(tools, { seed: 20_261_124, images: 4, scenarios: SCENARIOS });

      expect(checked.differences).toEqual([]);
      expect(checked.changes).toBeGreaterThan(60);
    });
  });
});
