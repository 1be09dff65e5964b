import { writeFile } from 'node:fs/promises'
import { posix } from 'node:path'
import { type DeviceFile, deviceFiles } from './device-files.js'
import type { PracticeEntry } from './entries.js'
import type { Contents } from './fat.js'
import type { Range } from './mbr.js'
import { imageTime, type ReleaseFacts } from './releases.js'
import { runAt } from './tools.js'

const commonFeatures =
  'none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,flex_bg,sparse_super,large_file,' +
  'dir_nlink,extra_isize'

/** Makes the root partition inside the image file, with `features` on top of the release's. */
export async function writeExt4(
  image: string,
  range: Range,
  { facts, entries, staging }: Contents,
  features: string,
): Promise<void> {
  const time = imageTime(facts)
  await runAt(time, 'mke2fs', [...formatArguments(range, facts, features), image, `${range.size / 1024}k`])
  const script = posix.join(staging, 'commands')
  await writeFile(script, (await commands(entries, staging)).map((command) => `${command}\n`).join(''))
  const target = `${image}?offset=${range.offset}`
  complain(await runAt(time, 'debugfs', ['-w', '-f', script, target]))
  await runAt(time, 'e2fsck', ['-fn', target])
  // A kernel would have indexed the large directories: -D does; 1 says that something was changed.
  await runAt(time, 'e2fsck', ['-fyD', target], [0, 1])
}

function formatArguments({ offset }: Range, facts: ReleaseFacts, features: string): readonly string[] {
  const { ext4Features, rootUuid, hashSeed } = facts
  const all = [commonFeatures, ext4Features, features].filter((text) => text !== '').join(',')
  return [
    ...['-q', '-F', '-t', 'ext4', '-O', all, '-b', '4096', '-I', '256', '-N', '4096', '-J', 'size=4'],
    ...['-L', 'rootfs', '-U', rootUuid, '-M', '/'],
    ...['-E', `offset=${offset},hash_seed=${hashSeed},root_owner=0:0`],
  ]
}

/** The commands for debugfs; the files that it reads are in `staging`. */
async function commands(entries: readonly PracticeEntry[], staging: string): Promise<readonly string[]> {
  const result: string[] = []
  for (const [index, entry] of entries.entries()) {
    if (entry.hardLinkTo === undefined)
      result.push(...(await create(entry, posix.join(staging, String(index)))))
  }
  const links = entries.flatMap(({ path, hardLinkTo }) =>
    hardLinkTo === undefined ? [] : [{ path, hardLinkTo }],
  )
  for (const { path, hardLinkTo } of links) {
    result.push(enter(path), `ln ${quote(hardLinkTo)} ${nameIn(path)}`)
    const names = 1 + links.filter((other) => other.hardLinkTo === hardLinkTo).length
    result.push(`set_inode_field ${quote(hardLinkTo)} links_count ${names}`)
  }
  return [...result, ...deviceFiles.flatMap(createDevice)]
}

/** `source` is a free name for the file's content. */
async function create(entry: PracticeEntry, source: string): Promise<readonly string[]> {
  const { path, kind, mode, uid, gid, target = '', content = '', xattrs = {} } = entry
  const name = nameIn(path)
  const owner = [`set_inode_field ${name} uid ${uid}`, `set_inode_field ${name} gid ${gid}`]
  if (kind === 'symlink') return [enter(path), `symlink ${name} ${quote(target)}`, ...owner]
  if (kind === 'directory') return [enter(path), `mkdir ${name}`, setMode(name, 0o40000 | mode), ...owner]
  await writeFile(source, content)
  const result = [enter(path), `write ${quote(source)} ${name}`, setMode(name, 0o100000 | mode), ...owner]
  for (const [attribute, value] of Object.entries(xattrs)) {
    const file = `${source}.${attribute}`
    await writeFile(file, value, 'latin1')
    result.push(`ea_set -f ${quote(file)} ${name} ${quote(attribute)}`)
  }
  return result
}

function createDevice({ path, major, minor, mode }: DeviceFile): readonly string[] {
  const name = nameIn(path)
  return [enter(path), `mknod ${name} c ${major} ${minor}`, setMode(name, 0o20000 | mode)]
}

/** `write` and `mknod` take a name in the current directory only. */
function enter(path: string): string {
  return `cd ${quote(posix.dirname(path))}`
}

function nameIn(path: string): string {
  return quote(posix.basename(path))
}

function setMode(name: string, mode: number): string {
  return `set_inode_field ${name} mode 0${mode.toString(8)}`
}

function quote(word: string): string {
  if (word.includes('\n')) throw new Error(`debugfs takes no line feed in ${JSON.stringify(word)}`)
  return `"${word.replaceAll('"', '""')}"`
}

/** The exit code of debugfs is always 0. Every message except the usual ones is a failure. */
function complain({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): void {
  const expected = /^(debugfs: |debugfs 1\.|Allocated inode: |$)/
  const problems = [...stderr.split('\n'), ...stdout.split('\n')].filter((line) => !expected.test(line))
  if (problems.length > 0) throw new Error(`debugfs failed: ${problems.slice(0, 10).join('\n')}`)
}
