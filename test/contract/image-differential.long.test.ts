import { describe, expect, it } from 'vitest';
import { checkAgainstBuildah } from '../image/check-against-buildah.ts';
import { missingTools, withImageTools } from '../image/image-tools.ts';

describe.skipIf(missingTools().length > 0)('a rewritten image, many times over', () => {
  it.each([1, 2, 3, 4, 5, 6])('shows the files of a Dockerfile build, seed %i', async (round) => {
    await withImageTools(async (tools) => {
      const checked = await checkAgainstBuildah(tools, { seed: round * 1_000_000, images: 10, scenarios: 20 });

      expect(checked.differences).toEqual([]);
      expect(checked.changes).toBeGreaterThan(250);
    });
  });
});
