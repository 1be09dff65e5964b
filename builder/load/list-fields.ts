import type { NodeList } from '../model/overlay.js'
import { type Problem, error } from '../model/problem.js'
import { didYouMean } from './nearest.js'
import type { LoadedOverlay } from './overlays.js'

/**
 * An overlay whose lists know what their nodes publish: the variables of the overlay itself and of those in `where`.
 * @param others the overlays by name
 */
export function withListFields(
  loaded: LoadedOverlay,
  others: {
    readonly names: () => string[]
    readonly find: (name: string) => LoadedOverlay | undefined
  },
): LoadedOverlay {
  const { overlay } = loaded
  if (overlay.lists.length === 0) return loaded
  const problems: Problem[] = []
  const publishedBy = ({ name, where, origin }: NodeList) => {
    const wanted = where.flat().filter((condition) => condition.name === 'overlay')
    const named = wanted.flatMap(({ equals = '' }) => {
      const found = others.find(equals)
      if (found !== undefined) return [found.overlay]
      const at = { ...origin, key: `[nodes ${name}] where` }
      problems.push(error(at, `no overlay "${equals}"`, didYouMean(equals, others.names())))
      return []
    })
    const variables = [overlay, ...named].flatMap((each) => each.variables)
    return [...new Set(variables.filter((each) => each.isPublished === true).map((each) => each.name))]
  }
  const lists = overlay.lists.map((list) => ({ ...list, published: publishedBy(list) }))
  return { overlay: { ...overlay, lists }, problems: [...loaded.problems, ...problems] }
}
