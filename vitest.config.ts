import { defineConfig } from 'vitest/config'

const setupFiles = ['test/support/count-assertions.ts', 'test/support/host.ts']
const images = 'test/support/shared-images.ts'
// A limit ends what hangs. It is far away, as no test fails because the computer is busy.
const tiers = ['image', 'docker', 'native', 'qemu']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles,
          // Starting a process for each file, and loading piimg into it, takes as long as the tests.
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: tiers.map((tier) => `test/${tier}/**`),
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'image',
          setupFiles,
          globalSetup: images,
          include: ['test/image/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'docker',
          setupFiles,
          include: ['test/docker/**/*.test.ts'],
          globalSetup: ['test/docker/daemon.ts', images],
          // One looks at all containers that there are, another removes the image.
          fileParallelism: false,
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
      {
        test: {
          name: 'native',
          setupFiles,
          globalSetup: images,
          include: ['test/native/**/*.test.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 3_600_000,
        },
      },
      {
        test: {
          name: 'qemu',
          setupFiles,
          globalSetup: images,
          include: ['test/qemu/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          // Two guests are all that two cores bear.
          fileParallelism: false,
        },
      },
    ],
  },
})
