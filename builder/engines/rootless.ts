import { closeSync, mkdirSync, openSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { StepError } from '../errors.js'
import { writeContent } from '../host/file-content.js'
import { run } from '../host/run.js'
import { tools } from '../host/tools.js'
import type { Content } from '../model/content.js'
import type { Owner } from '../model/plan.js'
import type { BootStep, Step } from '../model/step.js'
import type { Card } from './order.js'

/**
 * Writes the root partition by one call of debugfs, which needs no mount and no privilege.
 * @throws {StepError} for every message of debugfs that is not a success: its exit code is 0 even if it fails
 */
export async function writeRoot(card: Card, steps: readonly Step[]): Promise<void> {
  if (steps.length === 0) return
  const staging = join(card.folder, 'root')
  mkdirSync(staging, { mode: 0o700 })
  const commands = steps.flatMap((step, index) => debugfsCommands(card, step, `root/${index}`))
  steps.forEach((step, index) => {
    if (step.do === 'write') stage(join(staging, String(index)), step.content)
  })
  writeFileSync(join(card.folder, 'debugfs'), commands.map((command) => `${command}\n`).join(''), {
    mode: 0o600,
  })
  const step = `write the root partition of ${card.name}`
  // Placement has refused such names. This check makes sure that no name becomes a command.
  if (commands.some((command) => /[\r\n\0]/.test(command) || Buffer.byteLength(command) > 1000))
    throw new StepError({ step, reason: 'a name cannot be written with debugfs' })
  const { stdout, stderr } = await run({
    tool: tools.debugfs,
    args: ['-w', '-f', 'debugfs', `${card.image}?offset=${card.root.offset}`],
    cwd: card.folder,
    // 0 would mean the real time.
    env: { E2FSPROGS_FAKE_TIME: String(Math.max(1, card.builtAt)) },
    step,
  })
  const complaints = [...stdout.split('\n'), ...stderr.split('\n')].filter((line) => !isSuccess(line))
  if (complaints.length > 0) throw new StepError({ step, reason: complaints.slice(0, 4).join('\n') })
}

/** FAT counts from 1980. */
const firstFatTime = Date.UTC(1980, 0, 1) / 1000

/**
 * Writes the boot partition: one call of mcopy, and one of mdeltree if something is removed.
 * @throws {StepError}
 */
export async function writeBoot(card: Card, steps: readonly BootStep[]): Promise<void> {
  const image = ['-i', `${card.image}@@${card.boot.offset}`]
  const step = `write the boot partition of ${card.name}`
  const time = Math.max(firstFatTime, card.builtAt)
  const env = {
    MTOOLSRC: '/dev/null',
    MTOOLS_SKIP_CHECK: '1',
    SOURCE_DATE_EPOCH: String(time),
  }
  const removals = steps.filter((each) => each.do === 'remove').map(({ path }) => `::${path}`)
  if (removals.length > 0) {
    await run({ tool: tools.mdeltree, args: [...image, ...removals], cwd: card.folder, env, step })
  }
  const names = new Set<string>()
  for (const entry of steps) {
    if (entry.do !== 'write') continue
    const file = join(card.folder, 'boot', entry.path)
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    stage(file, entry.content)
    utimesSync(file, time, time)
    names.add(`boot/${entry.path.split('/')[1] ?? ''}`)
  }
  if (names.size === 0) return
  // New folders get the times of these.
  for (const folder of foldersBelow(join(card.folder, 'boot'))) utimesSync(folder, time, time)
  await run({
    tool: tools.mcopy,
    args: [...image, '-s', '-o', '-m', ...names, '::/'],
    cwd: card.folder,
    env,
    step,
  })
}

/** A new file for a program to read. */
function stage(path: string, content: Content): void {
  const descriptor = openSync(path, 'w', 0o600)
  try {
    writeContent(descriptor, content)
  } finally {
    closeSync(descriptor)
  }
}

function foldersBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name))
}

/** The commands of debugfs(8) for one step; `file` is where its content is staged. */
function debugfsCommands(card: Card, step: Step, file: string): string[] {
  const path = quoted(step.path)
  switch (step.do) {
    case 'rename':
      // A rename within one folder: add the second name, then remove the first.
      return [`ln ${path} ${quoted(step.to)}`, `unlink ${path}`]
    case 'unlink':
      return [`rm ${path}`]
    case 'rmdir':
      return [`rmdir ${path}`]
    case 'mkdir':
      return [
        `mkdir ${path}`,
        ...ownCommands(path, 0o040000 | step.mode, step.owner),
        ...timeCommands(card, path),
      ]
    case 'own':
      return ownCommands(path, 0o040000 | step.mode, step.owner)
    case 'symlink':
      return [
        `symlink ${path} ${quoted(step.target)}`,
        ...ownCommands(path, 0o120777, { uid: 0, gid: 0 }),
        ...timeCommands(card, path),
      ]
    case 'write':
      return [
        `write ${file} ${path}`,
        ...ownCommands(path, 0o100000 | step.mode, step.owner),
        ...timeCommands(card, path),
      ]
  }
}

function ownCommands(path: string, mode: number, { uid, gid }: Owner): string[] {
  return [`sif ${path} mode 0${mode.toString(8)}`, `sif ${path} uid ${uid}`, `sif ${path} gid ${gid}`]
}

function timeCommands({ builtAt }: Card, path: string): string[] {
  return ['atime', 'ctime', 'mtime', 'crtime'].map((field) => `sif ${path} ${field} @${builtAt}`)
}

/**
 * libss, which parses the commands, supports double quotes, which are doubled inside. Paths here contain no line ends.
 */
function quoted(path: string): string {
  return `"${path.replaceAll('"', '""')}"`
}

function isSuccess(line: string): boolean {
  return line === '' || /^debugfs( |: )/.test(line) || /^Allocated inode: \d+$/.test(line)
}
