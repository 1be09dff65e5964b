import type { PartitionName } from '../model/overlay.js'

/** Why an absolute path inside a partition cannot be written there; undefined if it can. */
export function pathProblem(partition: PartitionName, path: string, bootMount: string): string | undefined {
  const names = path.split('/').slice(1)
  if (!path.startsWith('/') || names.some((name) => name === '')) return 'is not a path of a file'
  if (names.some((name) => name === '.' || name === '..')) return 'points outside its tree'
  if (/[^\P{ASCII}\x20-\x7e]/u.test(path)) return 'contains a control character'
  if (names.some((name) => Buffer.byteLength(name) > 255)) return 'has a name of more than 255 bytes'
  if (partition === 'boot') return names.map(fatProblem).find((problem) => problem !== undefined)
  if (path.startsWith(`${bootMount}/`)) return 'is on the boot partition: put it in boot/'
  return undefined
}

/** Source: Microsoft FAT specification, section 7, "Long File Name". */
function fatProblem(name: string): string | undefined {
  if (/["*:<>?\\|]/.test(name)) return 'has a character that FAT cannot hold, one of " * : < > ? \\ |'
  if (/[. ]$/.test(name)) return 'ends in a dot or a space, which FAT drops'
  return undefined
}
