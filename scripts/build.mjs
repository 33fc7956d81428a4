// Bundles the program with everything it needs into dist/changeover.mjs: the published package has no dependencies.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'rolldown';

const root = join(import.meta.dirname, '..');

await rm(join(root, 'dist'), { recursive: true, force: true });
await build({
  input: join(root, 'src/main/main.ts'),
  cwd: root,
  platform: 'node',
  transform: { target: 'node22' },
  output: {
    file: join(root, 'dist/changeover.mjs'),
    format: 'esm',
    minify: false,
    codeSplitting: false,
    // Bundled CommonJS packages ask for Node's own modules with `require`.
    banner: "import { createRequire as createRequireOfBundle } from 'node:module';\nconst require = createRequireOfBundle(import.meta.url);",
  },
});
