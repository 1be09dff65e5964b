import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withWorkFolder } from '../host/work-folder.js'
import { membersFolder, rememberedNames } from '../load/remembered.js'
import { stateFolder } from '../load/state.js'
import type { Role } from '../model/cluster-node.js'
import type { Plan } from '../model/plan.js'

/** Remembers a node whose card is whole; what was remembered of it before is gone. */
export async function rememberNode(folder: string, plan: Plan, role: Role): Promise<void> {
  const place = membersFolder(folder)
  const values = rememberedNames.flatMap((name) => {
    const value = plan.values.get(name)?.value
    return typeof value === 'string' ? [[name, value]] : []
  })
  const record = { profile: plan.profile, role, values: Object.fromEntries(values) as object }
  const text = `${JSON.stringify(record, undefined, 1)}\n`
  const path = join(place, `${plan.hostname}.json`)
  if (contentOf(path) === text) return
  mkdirSync(place, { mode: 0o700, recursive: true })
  await withWorkFolder(stateFolder(folder), (work) => {
    const partial = join(work, plan.hostname)
    writeFileSync(partial, text, { mode: 0o600 })
    renameSync(partial, path)
    return Promise.resolve()
  })
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
