import { type WriteCard, writeRootless } from '../apply/write-card.js'
import { containerTool, openContainerEngine } from '../engines/container-image.js'
import { type Message, removeDeadContainers, writeInContainer } from '../engines/docker.js'
import { report } from '../host/report.js'
import { findTool, type Tool, tools } from '../host/tools.js'
import { openCache } from '../image/cache.js'
import { packageRoot } from '../load/library.js'
import { readVersion } from '../load/version.js'

export type EngineName = 'auto' | 'rootless' | 'loop'

/** What the rootless engine starts, but for `resize2fs`, which few cards need. */
const rootlessTools = [tools.debugfs, tools.e2fsck, tools.mcopy, tools.mdeltree, tools.fsckVfat]

/** What the rootless engine lacks on this computer. */
export function missingForRootless(): readonly Tool[] {
  return rootlessTools.filter((tool) => findTool(tool) === undefined)
}

/**
 * How cards are written here. `auto` is rootless where its programs are, else in a container where one can run.
 * @throws {StepError} where a container is wanted and cannot be had
 */
export async function chooseEngine(wanted: EngineName): Promise<WriteCard> {
  const missing = missingForRootless()
  if (wanted === 'rootless' || (wanted === 'auto' && missing.length === 0)) return writeRootless
  if (wanted === 'auto') {
    // Then the message about what is missing is more use than one about containers.
    if (containerTool() === undefined) return writeRootless
    report.note(`building in a container, since ${missing.map(({ name }) => name).join(', ')} is not installed here`)
  }
  const engine = await openContainerEngine(readVersion(), packageRoot(), openCache('container'))
  await removeDeadContainers(engine.tool)
  const said = new Set<string>()
  return (card, order, onStep) =>
    writeInContainer(engine, card, order, (message: Message) => {
      if ('step' in message) onStep(message.step)
      else if ('note' in message && !said.has(message.note)) report.note(message.note)
      if ('note' in message) said.add(message.note)
    })
} // prettier-ignore
