import { existsSync, mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { StepError } from '../errors.js'
import { run } from '../host/run.js'
import { containerTools as tools } from '../host/tools.js'
import type { Partition } from '../model/partition.js'
import type { BootStep, Step } from '../model/step.js'
import { Beneath } from './beneath.js'
import type { Card } from './order.js'

/** This computer, or the container, has no loop device, so nothing can be mounted. */
export class NoLoopDevice extends StepError {}
/** The kernel does not support the file system. */
export class NoFileSystem extends StepError {}

/** Number of attempts: another program may take the free device before we attach it. */
const tries = 20

/** Programs and device nodes of the image are ignored. */
const guards = ['nosuid', 'nodev', 'noexec']

/** Messages of mount(8) if there is no device, no permission for it, or another program has just taken it. */
const withoutDevice =
  /failed to set ?up loop device|unused loop device|permission denied|not permitted|superuser|No such file|busy/i

/**
 * Writes the root partition by a mount.
 * @throws {NoLoopDevice}
 * @throws {StepError}
 */
export async function writeRootMounted(
  card: Card,
  steps: readonly Step[],
  onMounted: () => void,
): Promise<void> {
  await withMount({ card, partition: card.root, type: 'ext4', options: [] }, (root) => {
    onMounted()
    for (const step of steps) writeRootStep(root, step, card.builtAt)
  })
}

/**
 * The same for the boot partition.
 * @throws {NoLoopDevice}
 * @throws {NoFileSystem} where the kernel has no vfat
 */
export async function writeBootMounted(card: Card, steps: readonly BootStep[]): Promise<void> {
  // FAT stores local time; the tools and readers here treat it as UTC.
  await withMount({ card, partition: card.boot, type: 'vfat', options: ['tz=UTC', 'utf8'] }, (boot) => {
    for (const step of steps) writeBootStep(boot, step, card.builtAt)
  })
}

function writeRootStep(root: Beneath, step: Step, time: number): void {
  switch (step.do) {
    case 'rename':
      root.rename(step.path, step.to)
      break
    case 'unlink':
      root.unlink(step.path)
      break
    case 'rmdir':
      root.rmdir(step.path)
      break
    case 'mkdir':
      root.mkdir(step.path, { ...step, time })
      break
    case 'own':
      root.own(step.path, step)
      break
    case 'symlink':
      root.symlink(step.path, step.target, time)
      break
    case 'write':
      root.write(step.path, step.content, { ...step, time })
  }
}

function writeBootStep(boot: Beneath, step: BootStep, time: number): void {
  if (step.do === 'remove') {
    boot.removeAll(step.path)
    return
  }
  const names = step.path.split('/').slice(1, -1)
  names.forEach((_, index) => {
    boot.ensureFolder(`/${names.slice(0, index + 1).join('/')}`, time)
  })
  boot.removeAll(step.path)
  boot.write(step.path, step.content, { time })
}

function failed(error: unknown, step: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (code === undefined || syscall === undefined) return error
  return new StepError({ step, reason: `${syscall} failed (${code})` }, { cause: error })
}

interface Mount {
  readonly card: Card
  readonly partition: Partition
  readonly type: 'ext4' | 'vfat'
  readonly options: readonly string[]
}

/**
 * Mounts a partition for the time of `work`. The loop device is attached by mount(8) itself, with the flag that frees
 * it (LO_FLAGS_AUTOCLEAR, loop(4)): every unmount frees the device, also the one at the end of the container.
 */
async function withMount(mount: Mount, work: (tree: Beneath) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mount-'))
  try {
    await attach(mount, folder)
    try {
      workBeneath(folder, work)
    } catch (error) {
      throw failed(error, `write a partition of ${mount.card.name}`)
    } finally {
      await run({ tool: tools.umount, args: [folder], step: `unmount ${mount.card.name}` })
    }
  } finally {
    rmdirSync(folder)
  }
}

function workBeneath(folder: string, work: (tree: Beneath) => void): void {
  const tree = new Beneath(folder)
  try {
    work(tree)
    tree.setTimes()
  } finally {
    tree.close()
  }
}

async function attach({ card, partition, type, options }: Mount, folder: string): Promise<void> {
  const step = `mount a partition of ${card.name}`
  const place = [`offset=${partition.offset}`, `sizelimit=${partition.size}`]
  const words = ['loop', ...place, ...guards, ...options].join(',')
  for (let left = tries; ; left--) {
    await makeDeviceNodes()
    // Some containers can write to /run. A mount table there would make umount(8) detach the device by name.
    const args = ['--no-mtab', '-t', type, '-o', words, resolve(card.folder, card.image), folder]
    const { exitCode, stderr } = await run({
      tool: tools.mount,
      args,
      exitCodes: [0, 1, 2, 4, 8, 16, 32],
      step,
    })
    if (exitCode === 0) return
    const [reason = ''] = stderr.trim().split('\n')
    if (/unknown filesystem type/.test(reason)) throw new NoFileSystem({ step, reason })
    if (!withoutDevice.test(reason)) throw new StepError({ step, reason })
    if (left === 0) throw new NoLoopDevice({ step: 'attach a loop device', reason })
  }
}

/** Major number of loop devices, devices.txt of Linux; how many to create after the next free one. */
const [loopMajor, ahead] = [7, 8] as const

/** /dev of a container has no loop devices, whatever the kernel has. This creates nodes for the next ones. */
async function makeDeviceNodes(): Promise<void> {
  const step = 'ask for a loop device'
  const { stdout, stderr, exitCode } = await run({
    tool: tools.losetup,
    args: ['--find'],
    exitCodes: [0, 1],
    step,
  })
  const [, next] = /^\/dev\/loop(\d+)/.exec(stdout) ?? []
  if (exitCode !== 0 || next === undefined) {
    throw new NoLoopDevice({ step: 'attach a loop device', reason: stderr.trim() })
  }
  for (let number = Number(next); number < Number(next) + ahead; number++) {
    const node = `/dev/loop${number}`
    if (existsSync(node)) continue
    const args = ['-m', '0600', node, 'b', String(loopMajor), String(number)]
    const made = await run({ tool: tools.mknod, args, exitCodes: [0, 1], step })
    if (made.exitCode !== 0)
      throw new NoLoopDevice({ step: 'attach a loop device', reason: made.stderr.trim() })
  }
}
