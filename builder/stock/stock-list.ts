import type { Facts } from '../model/facts.js'
import { debian } from './debian.js'
import { raspberryPiOs } from './raspberry-pi-os.js'
import type { StockList } from './rules.js'

/** The list of a release; undefined where none is known. */
export function stockList(facts: Facts): StockList | undefined {
  if (facts.distribution === 'raspios') return raspberryPiOs(facts)
  return facts.release === 'bookworm' || facts.release === 'trixie' ? debian(facts) : undefined
}
