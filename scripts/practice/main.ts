import { makePracticeImage } from './image.js'
import { releases } from './releases.js'
import type { Release } from './tree.js'

const names = Object.keys(releases)
const [release = '', file, ...rest] = process.argv.slice(2)

if (!isRelease(release) || file === undefined || rest.length > 0) {
  process.stderr.write(`usage: scripts/practice-image ${names.join('|')} FILE\n`)
  process.exitCode = 2
} else {
  try {
    await makePracticeImage(release, file)
  } catch (error) {
    process.stderr.write(`practice-image: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}

function isRelease(name: string): name is Release {
  return names.includes(name)
}
