import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { withWorkFolder } from '../host/work-folder.js'
import { authorityFile, loginKeyFile, stateFolder } from '../load/state.js'
import type { ClusterState } from '../model/cluster-state.js'
import { replaceOwn } from './save-state.js'

const kept = [authorityFile, loginKeyFile, `${loginKeyFile}.pub`]

/**
 * Puts new keys in the place of those of `.piimg/`, after these were copied into a folder of their own. Each key is at any
 * moment the old one or the new one; who finds some of both after a power cut may do it again.
 * @returns where the old ones are
 */
export async function rotateKeys(
  folder: string,
  now: Date,
  { authority, loginKey }: Pick<ClusterState, 'authority' | 'loginKey'>,
): Promise<string> {
  const hidden = stateFolder(folder)
  const old = join(hidden, `old-${now.toISOString().replaceAll(/[-:.]/g, '')}`)
  await withWorkFolder(hidden, (work) => {
    const copies = join(work, 'old')
    mkdirSync(copies, { mode: 0o700 })
    for (const name of kept.filter((each) => existsSync(join(hidden, each)))) {
      copyFileSync(join(hidden, name), join(copies, name))
      chmodSync(join(copies, name), 0o600)
    }
    renameSync(copies, old)
    return Promise.resolve()
  })
  await replaceOwn(folder, authorityFile, authority.privateKey)
  if (loginKey === undefined) return old
  // Without its public half the private one is a whole key; with another's it is none.
  rmSync(join(hidden, `${loginKeyFile}.pub`), { force: true })
  await replaceOwn(folder, loginKeyFile, loginKey.privateKey)
  await replaceOwn(folder, `${loginKeyFile}.pub`, `${loginKey.publicKey}\n`)
  return old
}
