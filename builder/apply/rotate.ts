import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { withWorkFolder } from '../host/work-folder.js'
import { authorityFile, loginKeyFile, stateFile, stateFolder } from '../load/state.js'
import type { ClusterState, SavedState } from '../model/cluster-state.js'
import { replaceOwn } from './save-state.js'

const kept = [authorityFile, loginKeyFile, `${loginKeyFile}.pub`]

/**
 * Replaces the keys in `.piimg/`, after a copy of the old ones was made in a separate folder. At any moment each key
 * is either old or new. If a power cut leaves some of each, the command can be run again.
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
  // A private key without its public half is usable; with the public half of another key it is not.
  rmSync(join(hidden, `${loginKeyFile}.pub`), { force: true })
  await replaceOwn(folder, loginKeyFile, loginKey.privateKey)
  await replaceOwn(folder, `${loginKeyFile}.pub`, `${loginKey.publicKey}\n`)
  return old
}

/** One secret of an overlay, `OVERLAY/VARIABLE`, is another from now on. */
export async function rotateSecret(
  folder: string,
  { id, builtAt, generations }: SavedState,
  secret: string,
): Promise<void> {
  const next = { ...generations, [secret]: (generations[secret] ?? 1) + 1 }
  await replaceOwn(folder, stateFile, `${JSON.stringify({ id, builtAt, generations: next }, undefined, 1)}\n`)
}
