import { existsSync } from 'node:fs'
import { containerTool, guardsOf, openContainerEngine } from '../engines/container-image.js'
import { type ContainerEngine, removeDeadContainers } from '../engines/container.js'
import { StepError } from '../errors.js'
import { openCache } from '../host/cache.js'
import { packageRoot } from '../load/package-root.js'
import { readVersion } from '../load/version.js'

/** Whether the loop engine works on this computer. */
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
    what: `${tool.name} answers${isWithout ? '; no loop devices: cards are written without mounts' : ''}`,
  }
}

/** The container engine, after the containers of killed runs were removed. @throws {StepError} */
export async function openEngine(): Promise<ContainerEngine> {
  const engine = await openContainerEngine(readVersion(), packageRoot(), openCache('container'))
  await removeDeadContainers(engine.tool)
  return engine
}
