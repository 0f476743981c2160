import { defineConfig } from 'vitest/config';

/** A kind of test that needs more than Node: its own folder, run by name. */
const outside = (name: string) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: 300_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/interop/**',
            'test/image/**',
            'test/package/**',
            'test/browser/**',
            'test/abuse/**',
            'test/deploy/**',
            'test/engines/**',
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          globalSetup: ['test/cli/program/build.ts'],
          // Much of it waits for processes.
          maxWorkers: 2,
        },
      },
      outside('interop'),
      outside('image'),
      outside('package'),
      outside('browser'),
      outside('deploy'),
      outside('engines'),
      // Most of it waits for servers: two files at a time.
      {
        test: { ...outside('abuse').test, fileParallelism: true, globalSetup: ['test/abuse/tally.ts'], maxWorkers: 2 },
      },
    ],
  },
});
