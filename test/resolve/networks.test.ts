import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { wholeOf } from '../../builder/model/content.js'
import { valueText } from '../../builder/host/show.js'
import { packageRoot } from '../../builder/load/package-root.js'
import { planNodes } from '../../builder/resolve/node-plans.js'
import { makePracticeImage } from '../../scripts/practice/image.js'
import type { Release } from '../../scripts/practice/tree.js'
import { placeOf } from '../support/place.js'
import { temporaryFolder } from '../support/temporary.js'

/** As in seed 002: a firewall between two networks is the gateway of both, and no node is a master. */
const cluster = `
[group dmz]
network = 10.0.1.0/24
gateway = 10.0.1.254

[group deploy]
network = 10.0.2.0/24
gateway = 10.0.2.254
dns = 10.0.1.2

[node2..node3]
groups = dmz

[node9]
groups = deploy
`

/** The plans of a cluster file, and the texts of their files. */
async function planned(text: string, release: Release) {
  const place = placeOf(temporaryFolder({ 'cluster.ini': text }))
  const image = join(place.folder, `${release}.img`)
  await makePracticeImage(release, image)
  const plans = await planNodes({ place, options: { image }, purpose: 'show' })
  plans.close()
  const { nodes, warnings } = plans
  const nodeOf = (name: string) => {
    const node = nodes.find(({ plan }) => plan.hostname === name)
    if (node === undefined) throw new Error(`no node ${name}`)
    return node
  }
  return {
    warnings,
    textOf: (name: string, path: string) => {
      const file = nodeOf(name).plan.root.find((entry) => entry.path === path)
      return file?.kind === 'file' ? wholeOf(file.content).toString() : ''
    },
    valuesOf: (name: string, ...variables: readonly string[]) =>
      variables.map((variable) => {
        const found = nodeOf(name).plan.values.get(variable)
        return found === undefined ? '' : valueText(found.value)
      }),
  }
}

it('groups of a cluster without a master can be in networks of their own', async () => {
  const { warnings, textOf, valuesOf } = await planned(cluster, 'trixie')
  expect(warnings).toEqual([])
  const names = ['address', 'gateway', 'dns']
  expect(valuesOf('node2', ...names)).toEqual(['10.0.1.2/24', '10.0.1.254', '10.0.1.254'])
  expect(valuesOf('node3', ...names)).toEqual(['10.0.1.3/24', '10.0.1.254', '10.0.1.254'])
  expect(valuesOf('node9', ...names)).toEqual(['10.0.2.9/24', '10.0.2.254', '10.0.1.2'])
  expect(textOf('node9', '/etc/hosts')).toContain('10.0.1.2\tnode2')
})

const withMaster = `
[group lab]
network = 10.0.2.0/24
gateway = 10.0.2.254

[group office]
topology = flat
network = 10.0.3.0/24

[group store]
network = 10.0.4.0/24
gateway = none
static_routes = 10.0.0.0/16 via 10.0.4.254

[master]
uplink = eth1
static_routes =
  10.0.2.0/24 via 10.0.0.254
  10.0.3.0/24 via 10.0.0.254
  10.0.4.0/24 via 10.0.0.253

[node2]
[node8]
groups = lab
[node9]
groups = office
[node10]
groups = store
`

const profile = '/etc/NetworkManager/system-connections/eth0.nmconnection'

it.each([
  ['trixie', profile],
  ['bullseye', '/etc/dhcpcd.conf'],
] as const)('a master has networks behind routers: %s', async (release, path) => {
  const { textOf, valuesOf } = await planned(withMaster, release)
  const routesIn = (name: string) => {
    const text = textOf(name, path)
    const found = text.matchAll(/^(?:route(\d)=|static classless_static_routes=)(.*)$/gm)
    return [...found].map(([, number = '', route = '']) => `${number} ${route.replace(' ', ',')}`.trim())
  }
  const all = ['10.0.2.0/24,10.0.0.254', '10.0.3.0/24,10.0.0.254', '10.0.4.0/24,10.0.0.253']
  const numbered = all.map((route, index) => (path === profile ? `${index + 1} ${route}` : route))
  expect(routesIn('master')).toEqual(numbered)
  expect(routesIn('node2')).toEqual(numbered)
  expect(routesIn('node8')).toEqual([])
  expect(routesIn('node10')).toEqual([
    path === profile ? '1 10.0.0.0/16,10.0.4.254' : '10.0.0.0/16,10.0.4.254',
  ])
  const names = ['address', 'gateway', 'dns']
  expect(valuesOf('node2', ...names)).toEqual(['10.0.0.2/24', '10.0.0.1', '10.0.0.1'])
  expect(valuesOf('node8', ...names)).toEqual(['10.0.2.8/24', '10.0.2.254', '10.0.0.1'])
  // Not a network of the master: its router gives names and time.
  expect(valuesOf('node9', ...names)).toEqual(['10.0.3.9/24', '10.0.3.1', '10.0.3.1'])
  expect(textOf('master', '/etc/chrony/conf.d/piimg.conf')).toContain(
    'allow 10.0.0.0/24\nallow 10.0.2.0/24\nallow 10.0.3.0/24\nallow 10.0.4.0/24\n',
  )
  const firewall = textOf('master', '/etc/iptables.ipv4.nat')
  expect(firewall).toContain('-A POSTROUTING -s 10.0.2.0/24 ! -o eth0 -j MASQUERADE\n')
  expect(firewall).toContain('-A FORWARD -s 10.0.4.0/24 -i eth0 ! -o eth0 -j ACCEPT\n')
})

it('the README has a cluster of two networks', async () => {
  const readme = readFileSync(join(packageRoot(), 'README.md'), 'utf8')
  const [, chapter = ''] = /^## Several networks\n([^]*?)^## /m.exec(readme) ?? []
  const { valuesOf, warnings } = await planned(
    [...chapter.matchAll(/^ {4}(.*)$/gm)].map(([, line = '']) => line).join('\n'),
    'trixie',
  )
  expect(valuesOf('node9', 'address', 'gateway', 'dns')).toEqual(['10.0.2.9/24', '10.0.2.254', '10.0.0.1'])
  expect(warnings.map(({ what }) => what)).toEqual([
    'the master has no internet connection: the nodes will wait for it in their first boot',
  ])
})
