import { type WriteCard, writeRootless } from '../apply/write-card.js'
import { type Message, writeInContainer } from '../engines/docker.js'
import { report } from '../host/report.js'
import { run } from '../host/run.js'
import type { EngineName } from '../model/settings.js'
import { tools } from '../host/tools.js'
import { loopState, openEngine } from './container.js'
import { missingOf, notInstalled } from './runner.js'

/** The programs of the rootless engine, except `resize2fs`, which few cards need. */
const rootlessTools = [tools.debugfs, tools.e2fsck, tools.mcopy, tools.mdeltree, tools.fsckVfat]
/** Older ones cannot write file systems of Trixie (orphan_file). */
const oldestE2fsprogs = [1, 47] as const

/** What prevents the rootless engine on this computer; empty if nothing. */
export async function rootlessProblem(): Promise<string> {
  const missing = missingOf(rootlessTools)
  if (missing.length > 0) return notInstalled(missing)
  const { stderr } = await run({ tool: tools.debugfs, args: ['-V'], step: 'ask debugfs for its version' })
  const [, version = '', major = '0', minor = '0'] = /debugfs ((\d+)\.(\d+)\S*)/.exec(stderr) ?? []
  const [oldMajor, oldMinor] = oldestE2fsprogs
  const isOld = Number(major) < oldMajor || (Number(major) === oldMajor && Number(minor) < oldMinor)
  return isOld ? `e2fsprogs ${version} is too old: 1.47 or later is needed for Trixie` : ''
}

/**
 * How cards are written here. `auto` is rootless if its programs are installed, otherwise in a container.
 * @throws {StepError} where a container is wanted and not available
 */
export async function chooseEngine(wanted: EngineName): Promise<WriteCard> {
  if (wanted === 'rootless') return writeRootless
  if (wanted === 'auto') {
    const problem = await rootlessProblem()
    // Without a container, a message about missing programs is more useful than one about containers.
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
