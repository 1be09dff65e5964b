import { relative } from 'node:path'
import { UserError } from '../errors.js'
import { rotateKeys, rotateSecret } from '../apply/rotate.js'
import { report } from '../host/report.js'
import { rangesOf } from '../load/hostnames.js'
import { readState } from '../load/state.js'
import type { SavedState } from '../model/cluster-state.js'
import type { Place } from '../model/place.js'
import { newKey } from '../resolve/new-state.js'
import { findSecret } from '../resolve/secrets.js'
import { error } from '../model/problem.js'

/**
 * `piimg keys rotate [SECRET]`: a new authority, and with it new keys, certificates and secrets of all cards that are built
 * from now on; or one new secret.
 */
export async function rotate(place: Place, _: string, secret: string | undefined): Promise<number> {
  const { folder } = place
  const state = readState(folder)
  if (state?.authority === undefined) {
    const what = 'no keys found: no card was built in this folder yet'
    const hint = 'run "piimg build" first, or change to the folder where you built the cards'
    throw new UserError([error({ file: '.piimg' }, what, hint)])
  }
  if (secret !== undefined) return await rotateOne(place, state, secret)
  const old = await rotateKeys(folder, new Date(), {
    authority: newKey(),
    ...(state.loginKey === undefined ? {} : { loginKey: newKey() }),
  })
  report.note(
    `the old keys are in ${relative(folder, old)}; cards that were built with them do not accept the new ones`,
  )
  report.note('Next: piimg build, and write every card again')
  return 0
}

async function rotateOne({ folder }: Place, state: SavedState, wanted: string): Promise<number> {
  const { id, holders } = findSecret(folder, wanted)
  await rotateSecret(folder, state, id)
  report.note(`${id} is a new secret, for the next builds`)
  report.note(
    holders.length === 0
      ? 'Next: piimg build'
      : `Next: piimg build, and write these cards again: ${rangesOf(holders)}`,
  )
  return 0
}
