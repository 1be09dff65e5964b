import { describe } from 'vitest'
import { bootableImage, reachable } from '../support/images.js'
import { testCard, wordsOfEverything } from '../support/kernel-tree.js'

const { file = '', reason } = bootableImage()

describe("a worker on Debian's bootable image", () => {
  // It holds no layouts of X11.
  testCard(wordsOfEverything('keyboard'), () => Promise.resolve(reachable(file)), reason)
})
