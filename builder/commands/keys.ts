import { relative } from 'node:path'
import { UserError } from '../errors.js'
import { rotateKeys } from '../apply/rotate.js'
import { report } from '../host/report.js'
import { readState } from '../load/state.js'
import type { Place } from '../model/place.js'
import { newKey } from '../resolve/new-state.js'
import { error } from '../model/problem.js'

/** `piimg keys rotate`: a new authority, and with it new keys and certificates of all cards that are built from now on. */
export async function rotate({ folder }: Place): Promise<number> {
  const state = readState(folder)
  if (state?.authority === undefined) {
    const what = 'no keys found: no card was built in this folder yet'
    const hint = 'run "piimg build" first, or change to the folder where you built the cards'
    throw new UserError([error({ file: '.piimg' }, what, hint)])
  }
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
