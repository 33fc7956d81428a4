import { defineConfig } from 'vitest/config';

const lab = ['test/e2e/**/*.test.ts', 'test/contract/*-real.test.ts'];
const java = ['test/java/**/*.test.ts'];
const seeds = ['test/simulation/seeds.test.ts'];
const long = ['**/*.long.test.ts'];
const common = { exclude: ['**/node_modules/**', 'dist/**', ...long], testTimeout: 20_000, hookTimeout: 60_000 };

/** `unit` and `simulation` (whose one file uses every processor itself) need Node alone; `java` needs a JDK and what Maven built in java/; `lab` needs the real cluster of `lab/` up and runs file by file; `long` is for a person or a nightly run. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts', 'lab/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: [...common.exclude, ...lab, ...java, ...seeds],
        },
      },
      { test: { ...common, name: 'simulation', include: seeds, testTimeout: 900_000 } },
      { test: { ...common, name: 'java', include: java, fileParallelism: false, testTimeout: 300_000, hookTimeout: 300_000 } },
      { test: { ...common, name: 'lab', include: lab, fileParallelism: false, testTimeout: 900_000, hookTimeout: 900_000 } },
      {
        test: {
          ...common,
          name: 'long',
          include: long,
          exclude: ['**/node_modules/**', 'dist/**'],
          fileParallelism: false,
          testTimeout: 1_800_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
