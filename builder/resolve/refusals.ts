import type { Validate } from '../host/ask.js'
import { type Cidr, hostAddress, parseCidr } from '../model/ipv4.js'
import { isRefusal } from '../model/types/refusal.js'
import { type VariableType, variableTypes } from '../model/types/variable-types.js'
import { overlap } from '../plan/desk/cluster-text.js'

const mostWorkers = 999

/** Why a text is not a value of a type. */
export function refusal(type: VariableType): Validate {
  return (text) => {
    const value = variableTypes[type].parse(text)
    if (!isRefusal(value)) return undefined
    return [value.what, value.hint].filter((part) => part !== undefined).join('; ')
  }
}

/** Why a network cannot be a new cluster's: this computer is in it, or it is too small. */
export function networkRefusal(own: readonly Cidr[], workers: number): Validate {
  return (text) => {
    const network = parseCidr(text)
    if (network === undefined) return refusal('network')(text)
    const taken = own.find((each) => overlap(network, each))
    const why =
      taken === undefined
        ? crowded(network, workers)?.what
        : `this computer is in that network: ${taken.toString()}`
    return refusal('network')(text) ?? why
  }
}

export function workersRefusal(text: string): string | undefined {
  return /^[1-9]\d{0,2}$/.test(text)
    ? undefined
    : `"${text}" is not a number of workers (1 to ${mostWorkers})`
}

/** Whether a network has fewer addresses behind the master's than there are workers. */
export function crowded(
  network: Cidr,
  workers: number,
): { readonly what: string; readonly hint: string } | undefined {
  if (hostAddress(network, workers + 1) !== undefined) return undefined
  const what = `${network.toString()} has too few addresses for ${workers} workers`
  const hint = `at most ${2 ** (32 - network.prefix) - 3}; or give a larger network, such as --network 10.0.0.0/16`
  return { what, hint }
}
