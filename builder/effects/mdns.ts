import { isOff } from '../model/keyfile.js'
import { type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import { keyfileOf } from './nm-config.js'
import { nodeValue } from './node-value.js'
import { maskOf } from './units.js'

const file = '/etc/avahi/avahi-daemon.conf'

/**
 * The node answers for NAME.local, by which piimg finds the master. avahi-daemon.conf(5), in this order: the unit is not
 * masked; `use-ipv4` is on; `allow-interfaces` and `deny-interfaces` leave the card in, of which deny wins; `host-name` and
 * `domain-name` are not set, as otherwise the hostname and `local` count (the plan removes `host-name`); `[publish]`
 * publishes the address.
 */
export const mdns: Effect = (node) => {
  const { root, facts } = node
  if (!facts.packages.has('avahi-daemon')) return []
  const card = nodeValue(node, 'interface')
  const content = root.content(file)
  const values = content === undefined ? [] : keyfileOf(content)
  const against = values.filter(({ section, key, value }) => isAgainst(`${section}.${key}`, value, card))
  const report = (place: Problem['where'], by: string): Problem =>
    warning(
      place,
      `the node does not answer for ${node.plan.hostname}.local: ${by}`,
      'remove it from the base image',
    )
  const isMasked = maskOf(root, 'avahi-daemon.service') !== undefined
  return [
    ...(isMasked ? [report(root.place('/etc/systemd/system'), 'avahi-daemon.service is masked')] : []),
    ...against.map(({ key, value, line }) => report(root.place(file, line), `${key}=${value}`)),
  ]
}

function isAgainst(key: string, value: string, card: string): boolean {
  const cards = value.split(/\s*,\s*/)
  switch (key) {
    case 'server.use-ipv4':
    case 'publish.publish-addresses':
      return isOff(value)
    case 'publish.disable-publishing':
      return /^(yes|true|1|on)$/i.test(value)
    case 'server.allow-interfaces':
      return !cards.includes(card)
    case 'server.deny-interfaces':
      return cards.includes(card)
    case 'server.host-name':
      return true
    case 'server.domain-name':
      return value !== 'local'
    default:
      return false
  }
}
