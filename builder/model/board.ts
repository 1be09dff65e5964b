import type { Release } from './facts.js'

/** What the processor of a board can run. */
export interface Board {
  readonly arm64: boolean
  /** The first release with its firmware and kernel. */
  readonly since: Release
}

/** The boards that `board` names. Source: raspberrypi.com, "Processors"; Pi 5 needs Bookworm. */
export const boards: Readonly<Record<string, Board>> = {
  zero: { arm64: false, since: 'buster' },
  pi2: { arm64: false, since: 'buster' },
  zero2w: { arm64: true, since: 'bullseye' },
  pi3: { arm64: true, since: 'buster' },
  pi4: { arm64: true, since: 'buster' },
  pi400: { arm64: true, since: 'buster' },
  cm4: { arm64: true, since: 'buster' },
  pi5: { arm64: true, since: 'bookworm' },
  pi500: { arm64: true, since: 'bookworm' },
  cm5: { arm64: true, since: 'bookworm' },
}
