import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { type WriteCard, writeRootless } from '../apply/write-card.js'
import { containerTool, guardsOf, openContainerEngine } from '../engines/container-image.js'
import {
  type ContainerEngine,
  type Message,
  removeDeadContainers,
  writeInContainer,
} from '../engines/docker.js'
import { commandInside, runInside } from '../engines/programs.js'
import { StepError } from '../errors.js'
import { report } from '../host/report.js'
import { run, type Runner } from '../host/run.js'
import { findTool, installCommand, type Tool, tools } from '../host/tools.js'
import { openCache, packerOf, unpackedBaseImage } from '../image/cache.js'
import { detectCompression } from '../image/compression.js'
import { packageRoot } from '../load/library.js'
import { readVersion } from '../load/version.js'

export type EngineName = 'auto' | 'rootless' | 'loop'

/** What the rootless engine starts, but for `resize2fs`, which few cards need. */
const rootlessTools = [tools.debugfs, tools.e2fsck, tools.mcopy, tools.mdeltree, tools.fsckVfat]
/** Older ones cannot write file systems of Trixie (orphan_file). */
const oldestE2fsprogs = [1, 47] as const

/** What stands against the rootless engine on this computer; empty if nothing. */
export async function rootlessProblem(): Promise<string> {
  const missing = missingOf(rootlessTools)
  if (missing.length > 0) return notInstalled(missing)
  const { stderr } = await run({ tool: tools.debugfs, args: ['-V'], step: 'ask debugfs for its version' })
  const [, version = '', major = '0', minor = '0'] = /debugfs ((\d+)\.(\d+)\S*)/.exec(stderr) ?? []
  const [oldMajor, oldMinor] = oldestE2fsprogs
  const isOld = Number(major) < oldMajor || (Number(major) === oldMajor && Number(minor) < oldMinor)
  return isOld ? `e2fsprogs ${version} is too old: 1.47 or later is needed for Trixie` : ''
}

function missingOf(wanted: readonly Tool[]): Tool[] {
  return wanted.filter((tool) => findTool(tool) === undefined)
}

function notInstalled(missing: readonly Tool[]): string {
  return `${missing.map(({ name }) => name).join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed`
}

/** What the loop engine finds on this computer. */
export async function loopState(): Promise<{ readonly isReady: boolean; readonly what: string }> {
  const tool = containerTool()
  if (tool === undefined) return { isReady: false, what: 'neither docker nor podman is installed' }
  try {
    await guardsOf(tool)
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    const { reason, hint = '' } = error.failure
    return { isReady: false, what: `${tool.name}: ${reason.split('\n').at(-1) ?? ''} (${hint})` }
  }
  const isWithout = process.platform === 'linux' && !existsSync('/dev/loop-control')
  return {
    isReady: true,
    what: `${tool.name} answers${isWithout ? '; no loop devices: it works without mounts' : ''}`,
  }
}

/** The container engine; containers of killed runs are gone. */
async function openEngine(): Promise<ContainerEngine> {
  const engine = await openContainerEngine(readVersion(), packageRoot(), openCache('container'))
  await removeDeadContainers(engine.tool)
  return engine
}

/**
 * How to run programs for a step: this computer's, or, where it lacks one of them, those of the container.
 * @throws {StepError} where there is neither
 */
export async function runnerOf(wanted: readonly Tool[], step: string): Promise<Runner> {
  const missing = missingOf(wanted)
  if (missing.length === 0) return run
  const { isReady, what } = await loopState()
  if (!isReady) {
    const hint = `${installCommand(missing)}; or have a container do it: ${what}`
    throw new StepError({ step, reason: notInstalled(missing), hint })
  }
  report.note(`${step} in a container: ${notInstalled(missing)}`)
  const engine = await openEngine()
  return (command, shown) => runInside(engine, command, shown)
}

/**
 * The path of the image in a file, unpacked where it is packed: by this computer's programs, or, where it has not the
 * one that is needed, by those of the container.
 */
export async function unpackedImage(path: string): Promise<string> {
  const program = packerOf[detectCompression(path)]
  if (program === undefined || findTool(program) !== undefined || !(await loopState()).isReady) {
    return await unpackedBaseImage(path)
  }
  const engine = await openEngine()
  return await unpackedBaseImage(path, (tool, args, archive) => {
    return commandInside(
      engine,
      { tool, args, step: `unpack ${basename(archive)}` },
      { reads: [resolve(archive)] },
    )
  })
}

/**
 * How cards are written here. `auto` is rootless where its programs are, else in a container where one can run.
 * @throws {StepError} where a container is wanted and cannot be had
 */
export async function chooseEngine(wanted: EngineName): Promise<WriteCard> {
  if (wanted === 'rootless') return writeRootless
  if (wanted === 'auto') {
    const problem = await rootlessProblem()
    // Without a container the message about what is missing is of more use than one about containers.
    if (problem === '' || !(await loopState()).isReady) return writeRootless
    report.note(`building in a container: ${problem}`)
  }
  const engine = await openEngine()
  const said = new Set<string>()
  return (card, order, onPhase) =>
    writeInContainer(engine, card, order, (message: Message) => {
      if ('phase' in message) onPhase(message.phase)
      else if ('note' in message && !said.has(message.note)) report.note(message.note)
      if ('note' in message) said.add(message.note)
    })
}
