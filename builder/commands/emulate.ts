import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Machine } from '../emulate/machine.js'
import type { Goal } from '../emulate/nodes.js'
import { play } from '../emulate/play.js'
import { describe, prepareNodes } from '../emulate/prepare.js'
import { whileRunning } from '../emulate/running.js'
import { report } from '../host/report.js'
import { freePort } from '../host/terminal.js'
import { withWorkFolder } from '../host/work-folder.js'
import { packageRoot } from '../load/package-root.js'
import { stateFolder } from '../load/state.js'
import { isMaster } from '../model/cluster-node.js'
import type { Place } from '../model/place.js'
import { readCards } from '../resolve/emulated-cards.js'
import { checkEmulation, workParent } from '../resolve/emulation.js'

export interface EmulateOptions {
  readonly machine?: Machine
  /** The older name of `machine`. */
  readonly board?: Machine
  readonly keep?: string
  readonly ssh?: boolean
  readonly until?: Goal
  /** Seconds, as typed. */
  readonly timeout: string
  readonly json?: boolean
  readonly verbose?: boolean
}

/** `piimg emulate [NODE | IMAGE]`: boots card images in QEMU; the images themselves are never written. */
export async function emulate(
  place: Place,
  wanted: string | undefined,
  options: EmulateOptions,
): Promise<number> {
  const machine = machineOf(options)
  const seconds = checkEmulation({ ...options, machine })
  const cards = await readCards(place, wanted, machine)
  const beside = resolve(place.folder, cards[0]?.card.name ?? '')
  return await withWorkFolder(workParent(beside), async (folder) => {
    const stop = new AbortController()
    const voice = { isQuiet: false }
    const { keep, ...others } = options
    const sshPort = await freePort()
    const kept = keep === undefined ? {} : { keep: resolve(place.folder, keep) }
    const nodes = await prepareNodes(cards, { ...kept, folder, sshPort, stop: stop.signal, voice })
    describe(cards, nodes, place.folder)
    const selfCheck = readFileSync(join(packageRoot(), 'scripts', 'self-check'), 'utf8')
    const keeps = keep !== undefined
    const work = async () => await play(nodes, { ...others, seconds, keeps, stop, voice, selfCheck })
    const hasMaster = nodes.some(isMaster)
    return hasMaster ? await whileRunning(stateFolder(place.folder), sshPort, work) : await work()
  })
}

/** What `--machine` names, or its older name `--board`. */
function machineOf({ machine, board }: EmulateOptions): Machine | undefined {
  if (board !== undefined) report.note('--board is now called --machine; the old name still works')
  return machine ?? board
}
