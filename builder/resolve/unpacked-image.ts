import { realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { commandInside } from '../engines/programs.js'
import { findTool } from '../host/tools.js'
import { packerOf, unpackedBaseImage } from '../image/cache.js'
import { detectCompression } from '../image/compression.js'
import { loopState, openEngine } from './container.js'

/** The path of the image in a file, decompressed if necessary, by a program of this computer or of the container. */
export async function unpackedImage(path: string): Promise<string> {
  const program = packerOf[detectCompression(path)]
  if (program === undefined || findTool(program) !== undefined || !(await loopState()).isReady) {
    return await unpackedBaseImage(path)
  }
  const engine = await openEngine()
  return await unpackedBaseImage(path, (tool, args, archive) => {
    const command = { tool, args, step: `unpack ${basename(archive)}` }
    return commandInside(engine, command, { reads: [realpathSync(archive)] })
  })
}
