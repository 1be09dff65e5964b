import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { file, type PracticeEntry, symlink } from '../../scripts/practice/entries.js'
import { hasNoSystemd, planned, propertiesOf } from '../support/loaded-units.js'
import { finalRoot } from '../support/real-programs.js'
import { unpacked } from '../support/unpacked.js'

/** Debian's packages that load rules of their own, with the target that starts each. */
const firewalls = [
  ['nftables', 'sysinit'],
  ['netfilter-persistent', 'multi-user'],
  ['ufw', 'multi-user'],
  ['firewalld', 'multi-user'],
  ['shorewall', 'basic'],
] as const

const own = 'piimg-firewall.service'
const folder = '/lib/systemd/system'

/** The units that a package has, of which `names` are wanted. */
function unitsOf(name: string, names: RegExp): PracticeEntry[] {
  const files = ['', '/usr'].map((place) => join(unpacked(name) ?? '', place, folder))
  return files.flatMap((place) =>
    (existsSync(place) ? readdirSync(place) : [])
      .filter((each) => names.test(each))
      .map((each) => file(`/usr${folder}/${each}`, readFileSync(join(place, each)))),
  )
}

/** The order of a real start. */
const network = [
  ...unitsOf('systemd', /^(network(-pre|-online)?|sysinit|basic|multi-user)\.target$/),
  ...unitsOf('network-manager', /^NetworkManager(-wait-online)?\.service$/),
]
const isOffline = network.length < 8

describe.skipIf(hasNoSystemd || isOffline)('the firewall of a master', () => {
  it.for(firewalls)('has an order with the unit of %s, and no cycle', ([name, target], context) => {
    const unit = `${name}.service`
    const units = unitsOf(name, /\.service$/)
    if (units.length === 0) return context.skip(`no package ${name}`)
    const enabled = symlink(`/etc/systemd/system/${target}.target.wants/${unit}`, `${folder}/${unit}`)
    const set = { hostname: 'master', uplink: 'eth1' }
    const extra = [...network, ...units, enabled]
    const root = finalRoot({ release: 'bookworm', profile: 'master', set, extra })
    const { output, errors } = planned(root, 'multi-user.target')
    expect(`${output}${errors}`.match(/^.*(ordering cycle|deleted to break).*$/gm)).toBeNull()
    const commands = propertiesOf(output, unit, 'Command Line')
    expect(commands.filter((line) => line.endsWith(`try-restart ${own}`)).length).toBeGreaterThan(1)
    const after = propertiesOf(output, own, 'After').map((each) => each.split(' ')[0])
    expect(after.includes(unit)).toBe(name !== 'shorewall')
  })
})
