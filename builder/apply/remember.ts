import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { rememberedNames, rememberedPath } from '../load/remembered.js'
import { stateFolder } from '../load/state.js'
import type { Membership, Role } from '../model/cluster-node.js'
import type { Plan } from '../model/plan.js'
import { plain } from '../model/value.js'
import { replaceOwn } from './save-state.js'

/** What is remembered of a node besides its plan. */
export interface ToRemember {
  readonly role: Role
  readonly membership: Membership
  /** By the name of each of its lists of nodes, a hash of what the card has of it. */
  readonly lists: Readonly<Record<string, string>>
}

/** Stores the record of a node whose card is complete, and replaces an older record. */
export async function rememberNode(
  folder: string,
  plan: Plan,
  { role, membership, lists }: ToRemember,
): Promise<void> {
  const { groups, overlays, published } = membership
  const values = rememberedNames.flatMap((name) => {
    const value = plain(plan.values.get(name)?.value ?? [])
    return typeof value === 'string' ? [[name, value]] : []
  })
  const record = {
    profile: plan.profile,
    role,
    groups,
    overlays,
    published,
    lists,
    values: Object.fromEntries(values) as object,
  }
  await replaceOwn(folder, rememberedPath(plan.hostname), `${JSON.stringify(record, undefined, 1)}\n`)
}

export function forgetNode(folder: string, hostname: string): void {
  rmSync(join(stateFolder(folder), rememberedPath(hostname)), { force: true })
}
