import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { rememberedNames, rememberedPath } from '../load/remembered.js'
import { stateFolder } from '../load/state.js'
import type { Membership, Role } from '../model/cluster-node.js'
import type { Plan } from '../model/plan.js'
import { plain } from '../model/value.js'
import { replaceOwn } from './save-state.js'

/** Stores the record of a node whose card is complete, and replaces an older record. */
export async function rememberNode(
  folder: string,
  plan: Plan,
  role: Role,
  { groups, overlays }: Membership,
): Promise<void> {
  const values = rememberedNames.flatMap((name) => {
    const value = plain(plan.values.get(name)?.value ?? [])
    return typeof value === 'string' ? [[name, value]] : []
  })
  const record = {
    profile: plan.profile,
    role,
    groups,
    overlays,
    values: Object.fromEntries(values) as object,
  }
  await replaceOwn(folder, rememberedPath(plan.hostname), `${JSON.stringify(record, undefined, 1)}\n`)
}

export function forgetNode(folder: string, hostname: string): void {
  rmSync(join(stateFolder(folder), rememberedPath(hostname)), { force: true })
}
