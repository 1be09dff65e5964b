import type { OpenPort } from '../model/open-port.js'
import type { Overlay } from '../model/overlay.js'
import type { Origin } from '../model/problem.js'
import type { Variable } from '../model/variable.js'
import type { Values } from './values.js'

/** The ports that the overlays of a node open: the items of its variables of the type `ports`. */
export function openPorts(
  variables: ReadonlyMap<string, Variable>,
  overlays: readonly Overlay[],
  values: Values,
): OpenPort[] {
  return [...variables.values()]
    .filter(({ type }) => type === 'ports')
    .flatMap(({ name: variable }) => {
      const { value, origin, asked } = values.get(variable) ?? {}
      const ports = Array.isArray(value) ? (value as readonly string[]) : []
      const originsOf = (port: string) => asked?.get(port) ?? (origin === undefined ? [] : [origin])
      return [...new Set(ports)].map((port) => ({
        port,
        variable,
        overlays: namesOf(overlays, originsOf(port)),
      }))
    })
}

function namesOf(overlays: readonly Overlay[], origins: readonly Origin[]): string[] {
  const asks = ({ appends }: Overlay) => appends.some((append) => origins.includes(append.origin))
  return overlays.filter(asks).map(({ name }) => name)
}
