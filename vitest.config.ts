import { defineConfig } from 'vitest/config'

const tiers = ['image', 'docker', 'native', 'qemu']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: tiers.map((tier) => `test/${tier}/**`),
        },
      },
      {
        test: {
          name: 'image',
          include: ['test/image/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
