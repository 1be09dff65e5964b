import { UserError } from '../errors.js'
import { findLibrary } from '../load/library.js'
import { didYouMean } from '../load/nearest.js'
import { readMembers } from '../load/remembered.js'
import { commandLine, error } from '../model/problem.js'
import { textOf } from '../plan/values.js'

/** A secret that piimg makes, and the nodes on whose cards it is. */
export interface FoundSecret {
  /** `OVERLAY/VARIABLE` */
  readonly id: string
  readonly holders: readonly string[]
}

/**
 * The secret of an overlay by the name of its variable; if several overlays have such a one, `OVERLAY/VARIABLE`.
 * @throws {UserError} where there is no such secret, or more than one
 */
export function findSecret(folder: string, wanted: string): FoundSecret {
  const all = findLibrary(folder)
    .everyOverlay()
    .flatMap(({ overlay }) =>
      overlay.variables
        .filter(({ secret }) => secret !== undefined)
        .map(({ name }) => ({ overlay: overlay.name, name, id: `${overlay.name}/${name}` })),
    )
  const found = all.filter(({ id, name }) => [id, name].includes(wanted))
  const [first] = found
  if (first === undefined) {
    const known = all.map(({ name }) => name)
    throw wrong(`no overlay makes the secret "${wanted}"`, didYouMean(wanted, known))
  }
  if (found.length > 1)
    throw wrong(`several overlays make "${wanted}"`, `write one of ${found.map(({ id }) => id).join(', ')}`)
  const holders = readMembers(folder)
    .filter(({ overlays = [] }) => overlays.includes(first.overlay))
    .map(({ values }) => textOf(values, 'hostname'))
  return { id: first.id, holders }
}

function wrong(what: string, hint: string): UserError {
  return new UserError([error(commandLine('keys rotate'), what, hint)])
}
