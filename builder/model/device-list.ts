import { wildcard } from './wildcard.js'
import { isWifiCard } from './network-card.js'

/** `maybe`: what decides, such as the MAC address, is not known before the boot. */
export type Match = 'yes' | 'maybe' | 'no'

/**
 * Whether a device list of NetworkManager names a card: `except:` beats all others, and a list of exceptions only means
 * all other cards. NetworkManager.conf(5), "Device List Format".
 */
export function matchInDeviceList(list: string, card: string): Match {
  const specs = list
    .split(/[,;]/)
    .map((spec) => spec.trim())
    .filter((spec) => spec !== '')
  const exceptions = specs.filter((spec) => spec.startsWith('except:'))
  const excepted = strongest(exceptions.map((spec) => matchOf(spec.slice('except:'.length), card)))
  if (excepted === 'yes' || specs.length === 0) return 'no'
  if (exceptions.length === specs.length) return excepted === 'maybe' ? 'maybe' : 'yes'
  return strongest(specs.filter((spec) => !exceptions.includes(spec)).map((spec) => matchOf(spec, card)))
}

function strongest(matches: readonly Match[]): Match {
  return matches.includes('yes') ? 'yes' : matches.includes('maybe') ? 'maybe' : 'no'
}

function matchOf(spec: string, card: string): Match {
  const [, tag = '', rest = ''] = /^([a-z0-9-]+):(.*)$/.exec(spec) ?? []
  switch (tag) {
    case 'interface-name':
      return rest === `=${card}` || wildcard(rest.replace(/^~/, '')).test(card) ? 'yes' : 'no'
    case 'type':
      return rest === (isWifiCard(card) ? 'wifi' : 'ethernet') ? 'yes' : 'no'
    case '':
      return spec === '*' || spec === card ? 'yes' : 'no'
    default:
      return 'maybe'
  }
}
