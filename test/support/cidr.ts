import { expect } from 'vitest'
import { type Cidr, parseCidr } from '../../builder/model/ipv4.js'

/** An address with its network, for a test that writes it right. */
export function cidr(text: string): Cidr {
  return parseCidr(text) ?? expect.fail(`${text} is not an address with its network`)
}
