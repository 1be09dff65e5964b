import {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { run } from './reader-fixture.js'

/** Files of every kind that an ordinary user can make, with modes, times, links and holes. */
export function makeTree(folder: string): void {
  const path = (name: string) => join(folder, name)
  for (const name of ['etc/deep/er', 'usr/bin', 'tmp', 'links']) mkdirSync(path(name), { recursive: true })
  writeFileSync(path('etc/hosts'), '127.0.0.1 localhost\n')
  writeFileSync(path('etc/empty'), '')
  writeFileSync(path('etc/deep/er/ünïcode – 名前.txt'), 'x'.repeat(59))
  writeFileSync(path('etc/deep/er/inline-100'), 'y'.repeat(100))
  writeFileSync(path('etc/deep/block'), Buffer.alloc(4096, 'block'))
  writeFileSync(path('etc/deep/large'), Buffer.alloc(3_000_001, 'a prime-sized text that repeats '))
  writeFileSync(path(`etc/${'n'.repeat(255)}`), 'long name')
  linkSync(path('etc/hosts'), path('etc/hosts-again'))
  run('mkfifo', path('tmp/fifo'))
  chmodSync(path('etc/hosts'), 0o600)
  writeFileSync(path('usr/bin/su'), '#!')
  chmodSync(path('usr/bin/su'), 0o4755)
  chmodSync(path('tmp'), 0o1777)
  for (const length of [1, 58, 59, 60, 61, 150, 1000]) {
    symlinkSync('t'.repeat(length), path(`links/target-of-${length}`))
  }
  makeScattered(path('etc/scattered'), { pieces: 1500, step: 8192 })
  makeScattered(path('etc/sparse'), { pieces: 3, step: 1_000_000 })
  // Enough to fill the inode tables of many small groups.
  mkdirSync(path('many'))
  for (let index = 0; index < 400; index++) writeFileSync(path(`many/file${index}`), `content ${index}`)
  utimesSync(path('etc/hosts'), 1_000_000_000, 1_234_567_890)
  utimesSync(path('etc/empty'), 0, -86_400)
  utimesSync(path('usr/bin'), 0, 86_400)
}

/** A file with a hole after every written piece, so that it needs an extent for each. */
export function makeScattered(path: string, { pieces, step }: { pieces: number; step: number }): void {
  const file = openSync(path, 'w')
  for (let index = 0; index < pieces; index++) writeSync(file, `piece ${index}`, index * step + 4000)
  // Not a hole: mke2fs 1.47.0 forgets the one at the end of a file where the data can be in inodes.
  writeSync(file, 'end', pieces * step + 5000)
  closeSync(file)
}

/** The paths below a folder on disk as a file tree would name them. */
export function pathsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => `/${name}`)
}

const kinds = [
  ['file', 'isFile'],
  ['directory', 'isDirectory'],
  ['symlink', 'isSymbolicLink'],
  ['fifo', 'isFIFO'],
] as const

/** What the kernel says of a file on disk, in the words of `FileStat`. */
export function statOnDisk(path: string) {
  const stats = lstatSync(path)
  return {
    kind: kinds.find(([, test]) => stats[test]())?.[0],
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    mtime: Math.floor(stats.mtimeMs / 1000),
    links: stats.nlink,
  }
}

export interface Ext4Shape {
  readonly tree?: string
  /** Of mke2fs. */
  readonly options?: readonly string[]
  /** As mke2fs takes it. */
  readonly size?: string
}

/** Makes the file system `image`, in the place of an earlier one. */
export function makeExt4(image: string, { tree, options = [], size = '64M' }: Ext4Shape): void {
  const content = tree === undefined ? [] : ['-d', tree]
  run('mke2fs', '-q', '-F', ...options, ...content, image, size)
}

/** Runs debugfs commands for writing; fails when one of them does, which debugfs itself does not. */
export function debugfs(image: string, ...commands: string[]): string {
  return commands.map((command) => run('debugfs', '-w', '-R', command, image)).join('')
}
