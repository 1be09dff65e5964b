import { defineConfig } from 'vitest/config'

const setupFiles = ['test/support/count-assertions.ts']
const tiers = ['image', 'docker', 'native', 'qemu']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles,
          include: ['test/**/*.test.ts'],
          exclude: tiers.map((tier) => `test/${tier}/**`),
        },
      },
      {
        test: {
          name: 'image',
          setupFiles,
          include: ['test/image/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'docker',
          setupFiles,
          include: ['test/docker/**/*.test.ts'],
          globalSetup: 'test/docker/daemon.ts',
          // One looks at all containers that there are, another removes the image.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'native',
          setupFiles,
          include: ['test/native/**/*.test.ts'],
          testTimeout: 120_000,
          // The first one makes the base images.
          hookTimeout: 900_000,
        },
      },
      {
        test: {
          name: 'qemu',
          setupFiles,
          include: ['test/qemu/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Two guests are all that two cores bear.
          fileParallelism: false,
        },
      },
    ],
  },
})
