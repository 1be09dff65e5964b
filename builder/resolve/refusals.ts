import type { Validate } from '../host/ask.js'
import { hostAddress, parseCidr } from '../model/ipv4.js'
import { isRefusal, variableTypes } from '../model/types/variable-types.js'
import type { VariableType } from '../model/variable.js'
import { overlap } from '../plan/desk/cluster-text.js'

const mostWorkers = 999

/** Why a text is no value of a type. */
export function refusal(type: VariableType): Validate {
  return (text) => {
    const value = variableTypes[type].parse(text)
    if (!isRefusal(value)) return undefined
    return [value.what, value.hint].filter((part) => part !== undefined).join('; ')
  }
}

/** Why a network cannot be a new cluster's: this computer is in it, or it is too small. */
export function networkRefusal(own: readonly string[], workers: number): Validate {
  return (network) => {
    const taken = own.find((each) => overlap(network, each))
    const why =
      taken === undefined ? crowded(network, workers)?.what : `this computer is in that network: ${taken}`
    return refusal('network')(network) ?? why
  }
}

export function workersRefusal(text: string): string | undefined {
  return /^[1-9]\d{0,2}$/.test(text) ? undefined : `"${text}" is no number of workers, 1 to ${mostWorkers}`
}

/** Whether a network has fewer addresses behind the master's than there are workers. */
export function crowded(
  network: string,
  workers: number,
): { readonly what: string; readonly hint: string } | undefined {
  const cidr = parseCidr(network)
  if (cidr === undefined || hostAddress(cidr, workers + 1) !== undefined) return undefined
  const what = `${network} has no room for ${workers} workers`
  const hint = `${2 ** (32 - cidr.prefix) - 3} at most; or give a larger network, such as --network 10.0.0.0/16`
  return { what, hint }
}
