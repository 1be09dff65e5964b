import type { Overlay } from '../model/overlay.js'
import { changeable, error, type Origin, type Problem } from '../model/problem.js'

/**
 * What is wrong with overlays on one node: one needs another that the node does not have, two provide the same, or one adds
 * to a list that is not open.
 * @param askedBy where the node got its overlays
 */
export function checkTogether(overlays: readonly Overlay[], askedBy: Origin | undefined): Problem[] {
  const at = (place: Origin): Origin => changeable(place) ?? askedBy ?? place
  return [...unmetNeeds(overlays, at), ...twoProviders(overlays, at), ...closedLists(overlays, at)]
}

type At = (place: Origin) => Origin

function unmetNeeds(overlays: readonly Overlay[], at: At): Problem[] {
  const names = overlays.map(({ name }) => name)
  return overlays.flatMap(({ name, needs }, index) =>
    needs.flatMap(({ text, origin }) => {
      const place = names.indexOf(text)
      if (place !== -1 && place < index) return []
      const what =
        place === -1
          ? `overlay ${name} needs ${text}, and the node does not have it`
          : `overlay ${name} comes before ${text}, which it needs`
      return [error(at(origin), what, `where a node gets ${name}, write overlays = ${text} ${name}`)]
    }),
  )
}

function twoProviders(overlays: readonly Overlay[], at: At): Problem[] {
  const providers = new Map<string, Overlay>()
  return overlays.flatMap((overlay) =>
    overlay.provides.flatMap((thing) => {
      const other = providers.get(thing)
      providers.set(thing, overlay)
      if (other === undefined) return []
      const what = `overlays ${other.name} and ${overlay.name} both provide ${thing}`
      const place = { file: `${overlay.folder}/overlay.ini`, key: '[overlay] provides', isShipped: true }
      return [error(at(place), what, `a node has one: take the other away, with overlays = ~${other.name}`)]
    }),
  )
}

/** `if_there` adds without `needs`, to what is open. */
function closedLists(overlays: readonly Overlay[], at: At): Problem[] {
  const owners = new Map(
    overlays.flatMap((overlay) =>
      overlay.variables.map((variable) => [variable.name, { overlay, variable }]),
    ),
  )
  return overlays.flatMap((overlay) =>
    overlay.appends.flatMap(({ variable: name, isOptional, origin }) => {
      const owner = owners.get(name)
      if (!isOptional || owner === undefined || owner.overlay === overlay || owner.variable.isOpen) return []
      const hint = `write open = yes into its section [variable ${name}]`
      return [error(at(origin), `${owner.overlay.name} does not open ${name}`, hint)]
    }),
  )
}
